import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { SseConnection } from '../bus/sse-connection.js';
import { bindingOfEmission } from '../bus/handler-frame.js';
import type {
  BoundCursor,
  Preparable,
  StreamBinding,
} from '../bus/stream-binding.js';
import {
  endFrame,
  errorFrame,
  openFrame,
  retryFrame,
} from '../event/control-event.js';
import type { EventRecord, Offset } from '../event/event-record.js';
import { SseException } from '../event/exception.js';
import { HEARTBEAT_FRAME, type Frame } from '../event/frame.js';
import type { SsePrincipal } from '../event/principal.js';
import type { ConnectionHub } from './connection-hub.js';
import type { RetryOptions, StreamSettings } from './connection-options.js';
import { EmissionEncoder, foreignStream } from './emission-encoder.js';
import { endIdOf } from './end-id.js';
import type { EventIdGenerator } from './event-ids.js';
import { FrameWriter, type OverflowListener } from './frame-writer.js';
import {
  startSource,
  type SourceHost,
  type SourceListener,
} from './source-runner.js';
import { failureOf } from './stream-failure.js';
import type { StreamTransport, TransportListener } from './stream-transport.js';
import type { WheelEntry } from './timer-wheel.js';

/** What ended a stream. */
export type CloseReason =
  | 'client'
  | 'complete'
  | 'error'
  | 'slow'
  | 'stalled'
  | 'lifetime'
  | 'drain'
  | 'server';

/** What a request says of the stream it asks for. */
export interface StreamRequest {
  /** The URL's path, without the query. */
  readonly path: string;
  /** `Controller.method`, for messages. */
  readonly route: string;
  readonly lastEventId: string | undefined;
}

/** The share of a heartbeat's interval in which the beats of many connections are spread. */
const BEAT_SPREAD = 0.1;

const logger = new Logger('SseStream');

/** One open HTTP response with its source: from before the handler runs until the client has gone. */
export class StreamConnection
  extends SseConnection
  implements
    StreamBinding,
    SourceHost,
    SourceListener,
    TransportListener,
    OverflowListener,
    WheelEntry
{
  readonly openedAt = Date.now();
  principal: SsePrincipal | undefined;
  #id: string | undefined;
  #abort: AbortController | undefined;
  #isOver = false;
  #attached: Preparable[] | undefined;
  #bound: BoundCursor | undefined;
  #settings!: StreamSettings;
  #writer!: FrameWriter;
  #encoder!: EmissionEncoder;
  #transport: StreamTransport | undefined;
  #stopSource: (() => void) | undefined;
  #onClosed: (() => void) | undefined;
  /** How a stream ends that was over before its headers left. */
  #earlyEnd:
    { readonly reason: CloseReason; readonly frame: Frame } | undefined;
  readonly #phase = Math.random();
  #progress = { backlog: 0, at: 0 };
  #endsAt = Infinity;

  constructor(
    private readonly hub: ConnectionHub,
    readonly request: StreamRequest,
  ) {
    super();
  }

  get id(): string {
    return (this.#id ??= randomUUID());
  }

  get lastEventId(): string | undefined {
    return this.request.lastEventId;
  }

  get signal(): AbortSignal {
    return this.abortController.signal;
  }

  /** Made when somebody asks: it takes most of a kilobyte. */
  get abortController(): AbortController {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#isOver) this.#abort.abort();
    }
    return this.#abort;
  }

  get eventsSent(): number {
    return this.#writer?.blocksSent ?? 0;
  }

  get topics(): readonly string[] {
    const selector = this.#bound?.selector;
    return selector === undefined
      ? []
      : [...selector.topics, ...selector.patterns.map(String)];
  }

  get binding(): StreamBinding {
    return this;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Settles how this stream behaves; what is emitted from here on is kept until {@link open}. */
  begin(
    settings: StreamSettings,
    eventIds: EventIdGenerator | undefined,
  ): void {
    this.#settings = settings;
    this.#writer = new FrameWriter(this.hub, settings, this);
    this.#encoder = new EmissionEncoder(this, this.#writer, settings.key);
    this.#encoder.bound = this.#bound;
    this.#encoder.eventIds = eventIds;
    this.#encoder.noteId(this.lastEventId);
    const { retry, heartbeatMs } = settings;
    this.#writer.push(
      openFrame(heartbeatMs, retry ? between(retry) : undefined),
    );
  }

  /** Starts what the handler returned, and resolves once the headers may leave. */
  async start(source: unknown): Promise<void> {
    if (this.#isOver) return;
    refuseForeign(source, this, this.#bound !== undefined);
    this.stopWith(await startSource(source, this, this, true));
  }

  /** How to end the source when the stream ends. */
  stopWith(stop: () => void): void {
    if (this.#isOver) stop();
    else this.#stopSource = stop;
  }

  /** Sends the headers and all that was emitted so far. */
  open(
    transport: StreamTransport,
    headers: Readonly<Record<string, string>>,
  ): void {
    if (this.#isOver || transport.isClosed) {
      this.#teardown('client');
      return;
    }
    this.#transport = transport;
    this.hub.connections.add(this);
    this.#writer.open(transport, headers);
    if (this.#earlyEnd !== undefined) {
      this.#finish(this.#earlyEnd.reason, this.#earlyEnd.frame);
      return;
    }
    const now = performance.now();
    this.#writer.lastWriteAt = now;
    const { lifetime } = this.#settings;
    if (lifetime)
      this.#endsAt =
        now + lifetime.maxMs * (1 - Math.random() * lifetime.jitterRatio);
    const delay = this.#nextVisit(now);
    if (delay !== undefined) this.hub.wheel.schedule(this, delay);
  }

  /** Gives up a stream that never opened. */
  abandon(): void {
    this.#teardown('error');
  }

  close(): void {
    this.#finish('server');
  }

  /**
   * Says farewell because the server goes away, and resolves when the client has taken everything, or
   * `signal` says that it had its time.
   */
  async drain(retry: RetryOptions | false, signal: AbortSignal): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined || transport.isClosed) return;
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    this.#finish('drain', retry ? retryFrame(between(retry)) : undefined);
    const destroy = (): void => transport.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    await closed;
    signal.removeEventListener('abort', destroy);
  }

  // --- StreamBinding, SourceHost, SourceListener: what sources do with the connection ---

  get route(): string {
    return this.request.route;
  }

  get readyTimeoutMs(): number {
    return this.#settings.readyTimeoutMs;
  }

  get isWritable(): boolean {
    return !this.#isOver && this.#writer.isWritable;
  }

  get lastSentId(): string | undefined {
    return this.#encoder.lastSentId;
  }

  whenWritable(callback: () => void): void {
    if (!this.#isOver) this.#writer.whenWritable(callback);
  }

  bind(stream: BoundCursor): void {
    if (this.#bound !== undefined) {
      throw new SseException(
        'SECOND_BUS_STREAM',
        `${this.request.route} opened a second bus stream on one connection, which has one cursor. Name all topics in ` +
          'one bus.stream([...]), or open the other one with { live: true }: live events only, without ids.',
      );
    }
    this.#bound = stream;
    if (this.#encoder !== undefined) this.#encoder.bound = stream;
  }

  attach(stream: Preparable): void {
    (this.#attached ??= []).push(stream);
  }

  async prepare(): Promise<void> {
    await this.#bound?.prepare();
    for (const stream of this.#attached ?? []) await stream.prepare();
  }

  sendRecord(record: EventRecord, withId: boolean): void {
    if (!this.#isOver) this.#encoder.record(record, withId);
  }

  sendMapped(record: EventRecord, value: unknown, withId: boolean): void {
    if (!this.#isOver) this.#encoder.mapped(record, value, withId);
  }

  sendValue(value: unknown): void {
    if (!this.#isOver) this.#encoder.value(value);
  }

  sendControl(frame: Frame, offset?: Offset): void {
    if (this.#isOver) return;
    if (offset !== undefined)
      this.#encoder.noteId(this.#bound?.cursorAt(offset), offset);
    this.#writer.push(frame);
  }

  beginEmission(record: EventRecord): void {
    if (!this.#isOver) this.#encoder.beginEmission(record);
  }

  endEmission(): void {
    if (this.#isOver) return;
    try {
      this.#encoder.endEmission();
    } catch (error) {
      this.error(error);
    }
  }

  next(value: unknown): void {
    if (this.#isOver) return;
    try {
      const emitting = bindingOfEmission();
      if (emitting !== undefined && emitting !== this) throw foreignStream();
      this.#encoder.value(value);
    } catch (error) {
      this.error(error);
    }
  }

  complete(): void {
    this.#end('complete', endFrame(endIdOf(this.request.path)));
  }

  error(error: unknown): void {
    if (this.#isOver) return;
    const { isExpected, ...failure } = failureOf(error);
    if (!isExpected)
      logger.error(`${this.request.route} failed in mid-stream`, error);
    // A final failure marks the end for this URL: native EventSource would come back for ever.
    this.#end(
      'error',
      errorFrame(
        failure,
        failure.retryable ? undefined : endIdOf(this.request.path),
      ),
    );
  }

  // --- TransportListener, OverflowListener, WheelEntry ---

  onDrain(): void {
    if (!this.#isOver) this.#writer.onDrain();
  }

  onClose(): void {
    this.#teardown('client');
    this.#onClosed?.();
  }

  onOverflow(): void {
    this.#cut('slow');
  }

  onTimer(now: number): number | undefined {
    if (now >= this.#endsAt) {
      this.#finish('lifetime');
      return undefined;
    }
    if (this.#isStalled(now)) {
      this.#cut('stalled');
      return undefined;
    }
    if (!this.#writer.isCongested && this.#untilBeat(now) <= 0) this.#beat();
    return this.#nextVisit(now);
  }

  #beat(): void {
    const bound = this.#bound;
    const offset = bound?.freshOffset;
    if (
      bound !== undefined &&
      offset !== undefined &&
      offset > this.#encoder.sentOffset
    ) {
      this.#encoder.noteId(undefined, offset);
      this.#writer.push(this.hub.cursorFrame(bound.cursorAt(offset)));
    } else {
      this.#writer.push(HEARTBEAT_FRAME);
    }
    this.#writer.lastWriteAt = this.hub.wheel.now;
  }

  #untilBeat(now: number): number {
    const { heartbeatMs } = this.#settings;
    if (heartbeatMs === false) return Infinity;
    return (
      this.#writer.lastWriteAt +
      heartbeatMs * (1 - BEAT_SPREAD * this.#phase) -
      now
    );
  }

  #nextVisit(now: number): number | undefined {
    const beat = this.#writer.isCongested ? Infinity : this.#untilBeat(now);
    return Math.max(
      0,
      Math.min(beat, this.#settings.stallTimeoutMs, this.#endsAt - now),
    );
  }

  #isStalled(now: number): boolean {
    const backlog = this.#transport?.backlog ?? 0;
    if (!this.#writer.isCongested || backlog !== this.#progress.backlog) {
      this.#progress = { backlog, at: now };
      return false;
    }
    return now - this.#progress.at >= this.#settings.stallTimeoutMs;
  }

  // --- endings ---

  #end(reason: CloseReason, frame: Frame): void {
    if (this.#transport !== undefined) this.#finish(reason, frame);
    else this.#earlyEnd ??= { reason, frame };
  }

  #finish(reason: CloseReason, frame?: Frame): void {
    const transport = this.#transport;
    if (this.#isOver || transport === undefined) return;
    if (frame !== undefined) this.#writer.push(frame);
    this.#writer.writeRest();
    if (reason === 'drain') transport.endForGood();
    else transport.end();
    this.#teardown(reason);
  }

  // A client that does not read would not read a farewell either.
  #cut(reason: CloseReason): void {
    const transport = this.#transport;
    logger.warn(
      `${this.request.route}: a client was disconnected because it ${reason === 'slow' ? 'read too slowly' : 'stopped reading'}`,
    );
    this.#teardown(reason);
    transport?.destroy();
  }

  #teardown(_reason: CloseReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.hub.wheel.remove(this);
    this.hub.connections.delete(this);
    const stop = this.#stopSource;
    this.#stopSource = undefined;
    try {
      stop?.();
    } catch (error) {
      logger.error(
        `${this.request.route}: the source failed while it was stopped`,
        error,
      );
    }
    this.#writer?.close();
    this.#abort?.abort();
  }
}

/** Observables that handlers returned after they had bound a bus stream. */
const boundSources = new WeakMap<object, StreamConnection>();

// A shared Observable that was built around one user's bound stream, kept, and returned to another one.
function refuseForeign(
  source: unknown,
  connection: StreamConnection,
  isBound: boolean,
): void {
  if (typeof source !== 'object' || source === null) return;
  const owner = boundSources.get(source);
  if (owner !== undefined && owner !== connection) throw foreignStream();
  if (isBound) boundSources.set(source, connection);
}

function between({ minMs, maxMs }: RetryOptions): number {
  return Math.round(minMs + Math.random() * (maxMs - minMs));
}
