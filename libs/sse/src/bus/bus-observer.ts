import type { EventRecord } from '../event/event-record.js';
import type { TailResetReason } from '../log/event-log.js';
import type { Publication } from './publish/publication.js';

/** Is told of what this process reads of its log, once for each record and not for each client. Must not throw. */
export interface TailObserver {
  /** After the records were given to all who subscribe to them, and before they are written. */
  onRecords?(records: readonly EventRecord[]): void;
  /** The log has lost records, or this process missed some. */
  onReset?(reason: TailResetReason): void;
}

/** One call of a publisher, as an observer follows it. */
export interface ObservedPublish {
  /** What the records say of where they come from, for observers on all nodes; see `LogEntry.trace`. */
  readonly trace?: string | undefined;
  onDone(): void;
  onFailed(error: unknown): void;
}

/** Is told of what this process publishes. Must not throw. */
export interface PublishObserver {
  onPublish(publications: readonly Publication[]): ObservedPublish;
}

/** Who looks at a bus; nobody by default. */
export class BusObservers {
  readonly tail = new Set<TailObserver>();
  readonly publish = new Set<PublishObserver>();
}
