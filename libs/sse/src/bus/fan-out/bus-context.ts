import type { EventLog } from '../../log/event-log.js';
import type { ReadScheduler } from '../resume/read-scheduler.js';
import type { TopicPolicy } from '../topic-policy.js';
import type { Tail } from './tail.js';

/** What the streams of one bus have in common. */
export interface BusContext {
  readonly log: EventLog;
  readonly tail: Tail;
  readonly policy: TopicPolicy;
  /** Shares out the time for reading the log. */
  readonly reads: ReadScheduler;
  /** How many topics and patterns a stream of a connection may name. */
  readonly maxTopicsPerStream: number;
}
