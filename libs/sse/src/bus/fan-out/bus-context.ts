import type { EventLog } from '../../log/event-log.js';
import type { TopicPolicy } from '../topic-policy.js';
import type { Tail } from './tail.js';

/** What the streams of one bus have in common. */
export interface BusContext {
  readonly log: EventLog;
  readonly tail: Tail;
  readonly policy: TopicPolicy;
}
