import type {
  CursorOwner,
  Preparable,
} from '../bus/binding/connection-port.js';
import { resetFrame } from '../event/control-event.js';
import type { ResetReason } from '../event/reset-reason.js';
import type { EventRecord, Offset } from '../event/event-record.js';
import { SseException } from '../base/exception.js';
import type { Frame } from '../event/frame.js';
import type { SsePrincipal } from '../event/principal.js';
import { selects, type TopicSelector } from '../event/topic.js';
import type { ConnectionStanding } from './connection-standing.js';
import type { EmissionEncoder } from './output/emission-encoder.js';
import type { FrameWriter } from './output/frame-writer.js';
import type { SourceHost } from './source/start-source.js';

/** How many streams that are over a connection remembers. */
const MAX_DETACHED = 100;

const NONE: readonly TopicSelector[] = Object.freeze([]);

/** What a binding needs to know of its connection. */
export interface BindingOwner {
  readonly lastEventId: string | undefined;
  readonly principal: SsePrincipal | undefined;
  readonly isOver: boolean;
  /** `Controller.method` */
  readonly route: string;
  readonly readyTimeoutMs: number;
  error(error: unknown): void;
  /** The client was told that its place in the log is gone. */
  onReset(reason: ResetReason): void;
}

/** A connection as bus streams use it. */
export class ConnectionBinding implements SourceHost {
  #bound: CursorOwner | undefined;
  #attached: Preparable[] | undefined;
  #detached: readonly TopicSelector[] = NONE;
  #writer: FrameWriter | undefined;
  #encoder: EmissionEncoder | undefined;
  restartSource: (() => void) | undefined;

  constructor(private readonly connection: BindingOwner) {}

  /** The handler has returned: from here on there is something to send with. */
  configure(writer: FrameWriter, encoder: EmissionEncoder): void {
    this.#writer = writer;
    this.#encoder = encoder;
    encoder.bound = this.#bound;
  }

  /** The stream that owns the connection's cursor, if there is one. */
  get bound(): CursorOwner | undefined {
    return this.#bound;
  }

  get wasOver(): boolean {
    return this.#bound?.wasOver === true;
  }

  get route(): string {
    return this.connection.route;
  }

  get readyTimeoutMs(): number {
    return this.connection.readyTimeoutMs;
  }

  get lastEventId(): string | undefined {
    return this.connection.lastEventId;
  }

  get principal(): SsePrincipal | undefined {
    return this.connection.principal;
  }

  get isWritable(): boolean {
    return !this.connection.isOver && this.#writer?.isWritable === true;
  }

  get isCongested(): boolean {
    return this.#writer?.isCongested === true;
  }

  covers(topic: string): boolean {
    return this.#streams().some(({ selector }) => selects(selector, topic));
  }

  /** Whether one of its bus streams is of this topic, or was lately. */
  hasRead(topic: string): boolean {
    return (
      this.covers(topic) ||
      this.#detached.some((selector) => selects(selector, topic))
    );
  }

  get topics(): readonly string[] {
    return this.#streams().flatMap(({ selector: { topics, patterns } }) => [
      ...topics,
      ...patterns.map(String),
    ]);
  }

  /**
   * Asks again whether all of its bus streams are allowed.
   * @throws SseException `TOPIC_FORBIDDEN`, `UNAUTHENTICATED`
   */
  async authorise(): Promise<void> {
    for (const stream of this.#streams()) await stream.authorise();
  }

  get lastSentId(): string | undefined {
    return this.#encoder?.lastSentId;
  }

  whenWritable(callback: () => void): void {
    if (!this.connection.isOver) this.#writer?.whenWritable(callback);
  }

  bind(stream: CursorOwner): void {
    if (this.#bound !== undefined) {
      throw new SseException(
        'SECOND_BUS_STREAM',
        `${this.route} opened a second bus stream on one connection, which has one cursor. Name all topics in ` +
          'one bus.stream([...]), or open the other one with { live: true }: live events only, without ids.',
      );
    }
    this.#bound = stream;
    if (this.#encoder !== undefined) this.#encoder.bound = stream;
  }

  attach(stream: Preparable): void {
    (this.#attached ??= []).push(stream);
  }

  detach(stream: Preparable): void {
    this.#attached = this.#attached?.filter((one) => one !== stream);
    // What operators still hold of it may come later.
    this.#detached = [...this.#detached, stream.selector].slice(-MAX_DETACHED);
  }

  async prepare(): Promise<void> {
    for (const stream of this.#streams()) await stream.prepare();
  }

  sendRecord(record: EventRecord, withId: boolean): void {
    if (!this.connection.isOver) this.#encoder?.record(record, withId);
  }

  sendMapped(record: EventRecord, value: unknown, withId: boolean): void {
    if (!this.connection.isOver) this.#encoder?.mapped(record, value, withId);
  }

  sendSnapshot(value: unknown): void {
    if (!this.connection.isOver) this.#encoder?.snapshot(value);
  }

  sendControl(frame: Frame, offset?: Offset): void {
    if (this.connection.isOver) return;
    if (offset !== undefined) {
      this.#encoder?.noteId(this.#bound?.cursorAt(offset), offset);
    }
    this.#encoder?.control(frame);
  }

  sendReset(reason: ResetReason): void {
    if (this.connection.isOver) return;
    this.sendControl(resetFrame(reason));
    this.connection.onReset(reason);
  }

  get standing(): ConnectionStanding {
    return {
      isCongested: this.isCongested,
      waitingBytes: this.#writer?.waitingBytes ?? 0,
      offset: this.#bound?.position,
      isBehind: this.#bound !== undefined && !this.#bound.isLive,
    };
  }

  beginEmission(record: EventRecord): void {
    if (!this.connection.isOver) this.#encoder?.beginEmission(record);
  }

  endEmission(): void {
    if (this.connection.isOver) return;
    try {
      this.#encoder?.endEmission();
    } catch (error) {
      this.connection.error(error);
    }
  }

  restart(): boolean {
    if (this.restartSource === undefined) return false;
    this.restartSource();
    return true;
  }

  #streams(): readonly Preparable[] {
    const attached = this.#attached ?? [];
    return this.#bound === undefined ? attached : [this.#bound, ...attached];
  }
}
