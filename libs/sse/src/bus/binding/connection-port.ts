import type { ResetReason } from '../../event/reset-reason.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import type { Frame } from '../../event/frame.js';
import type { SsePrincipal } from '../../event/principal.js';
import type { TopicSelector } from '../../event/topic.js';

/** What a bus stream needs of the connection that it is bound to. */
export interface ConnectionPort {
  /** The cursor the client came with. */
  readonly lastEventId: string | undefined;
  readonly principal: SsePrincipal | undefined;
  /** `Controller.method`, for messages. */
  readonly route: string;

  /** Whether it would take more now: the client keeps up, and this turn has not brought much yet. */
  readonly isWritable: boolean;
  /** Whether the client has fallen behind the socket's own buffer. */
  readonly isCongested: boolean;
  /** Calls back once, when it takes more again. */
  whenWritable(callback: () => void): void;

  /**
   * Makes this stream the one that owns the connection's cursor.
   * @throws SseException `SECOND_BUS_STREAM`
   */
  bind(stream: CursorOwner): void;
  /** A further stream of the connection that owns nothing of it. */
  attach(stream: Preparable): void;
  /** That stream is over. */
  detach(stream: Preparable): void;

  /** Sends a durable or transient event as it is. */
  sendRecord(record: EventRecord, withId: boolean): void;
  /** Sends what a `map` made of an event, in the event's place. */
  sendMapped(record: EventRecord, value: unknown, withId: boolean): void;
  /** Sends a value of a snapshot: it belongs to no place in the log, and no policy may drop it. */
  sendSnapshot(value: unknown): void;
  /** @param offset the place that the frame's id stands for, if it has one */
  sendControl(frame: Frame, offset?: Offset): void;
  /** Tells the client that its place in the log is gone. */
  sendReset(reason: ResetReason): void;

  /**
   * Until {@link endEmission}, everything the handler's operators emit is treated as produced by this record: the
   * last message of it gets the record's id.
   */
  beginEmission(record: EventRecord): void;
  endEmission(): void;
  /** The id that the client last got, or came with. */
  readonly lastSentId: string | undefined;
  /**
   * Subscribes what the handler returned anew, so that its operators hold nothing of before.
   * @returns false where that cannot be done: the handler gave something that is pulled
   */
  restart(): boolean;
}

/** Has to be ready before the response's headers leave. */
export interface Preparable {
  /** Authorises and checks the cursor; every call gives the same promise. */
  prepare(): Promise<void>;
  readonly selector: TopicSelector;
  /**
   * Asks the policy again, for a principal that may have changed.
   * @throws SseException `TOPIC_FORBIDDEN`, `UNAUTHENTICATED`
   */
  authorise(): Promise<void>;
}

/** The stream that owns a connection's cursor, as the connection sees it. */
export interface CursorOwner extends Preparable {
  /** Where the client is once all that was sent has arrived; undefined while it is behind. */
  readonly freshOffset: Offset | undefined;
  /** Whether it gets events as they are published; else it reads what it missed, or waits for its client. */
  readonly isLive: boolean;
  /** The latest place in the log that it has passed. */
  readonly position: Offset;
  cursorAt(offset: Offset): string;
  /** The place that an id stands for; undefined if it is none of this log. */
  offsetOf(id: string): Offset | undefined;
  /** How often it was reset: what its operators still hold of before must not come out any more. */
  readonly resets: number;
  /** The id of its end, once all of its topics have ended. */
  readonly endId: string | undefined;
  /** Whether its client comes back to that end, once it is prepared: there is nothing to open. */
  readonly wasOver: boolean;
}
