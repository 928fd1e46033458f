import type { ClientCursor } from '../event/event-id.js';
import type { TopicSelector } from '../event/topic.js';
import { endedTopic, isControlTopic } from '../log/control-topic.js';
import type {
  AppendResult,
  CursorCheck,
  EventLog,
  LogEntry,
  LogTail,
  ReadQuery,
  ReadResult,
  TailListener,
} from '../log/event-log.js';

/** Notes what a bus hands to its log. */
export class RecordingLog implements EventLog {
  readonly entries: LogEntry[] = [];
  readonly ended: string[] = [];

  constructor(private readonly log: EventLog) {}

  get name(): string {
    return this.log.name;
  }

  get sharedKeys(): EventLog['sharedKeys'] {
    return this.log.sharedKeys;
  }

  get sharedCounts(): EventLog['sharedCounts'] {
    return this.log.sharedCounts;
  }

  get health(): EventLog['health'] {
    return this.log.health;
  }

  get window(): EventLog['window'] {
    return this.log.window;
  }

  get presence(): EventLog['presence'] {
    return this.log.presence;
  }

  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    for (const entry of entries) {
      const topic = endedTopic(entry.topic);
      if (topic !== undefined) this.ended.push(topic);
      else if (!isControlTopic(entry.topic)) this.entries.push(entry);
    }
    return this.log.append(entries);
  }

  tail(listener: TailListener): Promise<LogTail> {
    return this.log.tail(listener);
  }

  read(query: ReadQuery): ReadResult | Promise<ReadResult> {
    return this.log.read(query);
  }

  check(
    cursor: ClientCursor,
    selector: TopicSelector,
  ): CursorCheck | Promise<CursorCheck> {
    return this.log.check(cursor, selector);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
