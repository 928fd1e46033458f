import { Logger } from '@nestjs/common';
import { endFrame } from '../event/control-event.js';
import { logError } from '../base/log-error.js';
import type { Frame } from '../event/frame.js';
import type { RouteEncoding } from '../event/route-encoding.js';
import type { SsePrincipal } from '../event/principal.js';
import type { CloseReason } from './close-reason.js';
import {
  disconnectOf,
  isMatch,
  type ConnectionCommand,
} from './connection-command.js';
import { ConnectionClock, type ClockListener } from './connection-clock.js';
import type { ConnectionRegistry } from './connection-registry.js';
import type { RetryOptions, StreamSettings } from './stream-settings.js';
import { ConnectionBase, type StreamRequest } from './connection-base.js';
import { logCut } from './output/cut-line.js';
import { EmissionEncoder } from './output/emission-encoder.js';
import type { EventIdGenerator } from './output/event-ids.js';
import type { LingeringResponse } from './output/lingering-responses.js';
import { FrameWriter, type WriterListener } from './output/frame-writer.js';
import type { WriteLoop } from './output/write-loop.js';
import { SourceStop } from './source/source-stop.js';
import { startSource, type SourceListener } from './source/start-source.js';
import { Revalidation, type RevalidatedStream } from './revalidation.js';
import { failureOf, sessionExpired } from './stream-failure.js';
import {
  errorFrameOf,
  disconnectFrameOf,
  openFrameOf,
  retryFrameOf,
} from './stream-frames.js';
import type {
  StreamTransport,
  TransportListener,
} from './output/stream-transport.js';

const logger = new Logger('SseStream');

/** One open HTTP response with its source: from before the handler runs until the client has gone. */
export class StreamConnection
  extends ConnectionBase
  implements
    SourceListener,
    TransportListener,
    WriterListener,
    RevalidatedStream,
    ClockListener
{
  #revalidation: Revalidation | undefined;
  #isOver = false;
  #settings!: StreamSettings;
  #writer: FrameWriter | undefined;
  #encoder!: EmissionEncoder;
  #transport: StreamTransport | undefined;
  #clock: ConnectionClock | undefined;
  readonly #source = new SourceStop();
  #lingering: LingeringResponse | undefined;
  /** How a stream ends that was over before its headers left. */
  #earlyEnd:
    | { readonly reason: CloseReason; readonly frame: Frame | undefined }
    | undefined;

  constructor(
    registry: ConnectionRegistry,
    private readonly loop: WriteLoop,
    request: StreamRequest,
  ) {
    super(registry, request);
  }

  get readyTimeoutMs(): number {
    return this.#settings.readyTimeoutMs;
  }

  get blocksSent(): number {
    return this.#writer?.blocksSent ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Settles how this stream behaves; what is emitted from here on is kept until {@link open}. */
  configure(
    settings: StreamSettings,
    eventIds: EventIdGenerator | undefined,
    encoding: RouteEncoding,
  ): void {
    const writer = new FrameWriter(this.loop, settings, this);
    const encoder = new EmissionEncoder(
      this.binding,
      writer,
      settings.key,
      encoding,
    );
    encoder.eventIds = eventIds;
    encoder.noteId(this.lastEventId);
    this.#settings = settings;
    this.#writer = writer;
    this.#encoder = encoder;
    this.binding.configure(writer, encoder);
    encoder.control(openFrameOf(this.#settings));
  }

  /** Starts what the handler returned, and resolves once the headers may leave. */
  async attachSource(source: unknown): Promise<void> {
    if (this.#isOver) return;
    this.stopWith(await startSource(source, this.binding, this, true));
  }

  /** How to end the source when the stream ends. */
  stopWith(stop: () => void): void {
    this.#source.is(stop);
  }

  /**
   * Sends the headers and all that was emitted so far.
   * @param missed commands that were given since the request's credentials were looked at
   */
  open(
    transport: StreamTransport,
    headers: Readonly<Record<string, string | string[]>>,
    missed: readonly ConnectionCommand[] = [],
  ): void {
    const writer = this.#writer;
    if (this.#isOver || transport.isClosed || writer === undefined)
      return this.#teardown('client');
    const disconnect = disconnectOf(missed, this);
    if (disconnect !== undefined) {
      // What was emitted meanwhile may have been published after the command.
      writer.discard();
      this.#encoder.control(openFrameOf(this.#settings));
      const frame = disconnectFrameOf(disconnect, this.sourceEndId);
      this.#earlyEnd = { reason: 'disconnect', frame };
    }
    this.registry.connections.add(this);
    // A hook may end the stream, which begins all the same: there is a transport only after it.
    this.registry.tellOfOpen(this);
    this.#transport = transport;
    writer.open(transport, headers);
    // A source that waited for the first write may have ended with it.
    if (this.#isOver) return;
    const early = this.#earlyEnd;
    if (early !== undefined)
      return this.#sayFarewell(early.reason, early.frame);
    const { binding, session } = this;
    const [settings, encoder] = [this.#settings, this.#encoder];
    const stream = { settings, encoder, writer, transport, binding, session };
    this.#clock = new ConnectionClock(this.loop, stream, this);
    for (const command of missed) this.obey(command);
  }

  /** Gives up a stream that never opened. */
  abandon(): void {
    this.#teardown('error');
  }

  close(): void {
    this.#endOnceOpen('server');
  }

  /** Says farewell because the server goes away. */
  drain(retry: RetryOptions | false): void {
    this.#sayFarewell('drain', retry ? retryFrameOf(retry) : undefined);
  }

  // --- what the source gives ---

  next(value: unknown): void {
    if (this.#isOver || this.#earlyEnd !== undefined) return;
    try {
      this.#encoder.value(value);
    } catch (error) {
      this.error(error);
    }
  }

  complete(): void {
    const endId = this.binding.bound?.endId ?? this.sourceEndId;
    this.#endOnceOpen('complete', endFrame(endId));
  }

  error(error: unknown): void {
    this.#failOnceOpen('error', error);
  }

  // --- what SseConnections says ---

  /** Does what it is told, if it is meant. */
  obey(command: ConnectionCommand): void {
    if (this.#isOver || !isMatch(command.match, this)) return;
    if (command.type === 'revalidate') this.onRevalidate();
    else
      this.#endOnceOpen(
        'disconnect',
        disconnectFrameOf(command, this.sourceEndId),
      );
  }

  // --- what the client and the clock do ---

  onDrain(): void {
    if (!this.#isOver) this.#writer?.onDrain();
  }

  onClose(): void {
    this.#teardown('client');
    this.#lingering?.release();
    this.#lingering = undefined;
  }

  onOverflow(): void {
    if (this.#transport !== undefined) this.#cut('slow', 'read too slowly');
    else this.#endOnceOpen('slow');
  }

  onOverfull(): void {
    this.#clock?.onOverfull();
  }

  onWriteError(error: unknown): void {
    this.#report(`${this.route}: writing failed`, error);
    const transport = this.#transport;
    this.#teardown('error');
    transport?.destroy();
  }

  onStall(): void {
    this.#cut('stalled', 'stopped reading');
  }

  onLifetime(): void {
    this.#sayFarewell('lifetime');
  }

  onExpired(): void {
    this.#failOnceOpen('expired', sessionExpired());
  }

  onRevalidate(): void {
    (this.#revalidation ??= new Revalidation(this)).request();
  }

  onRenewed(principal: SsePrincipal): void {
    this.principal = principal;
    this.#clock?.expireAt(principal.expiresAt ?? Infinity);
  }

  onRefused(error: unknown): void {
    this.#failOnceOpen('revoked', error);
  }

  // --- endings ---
  //
  //                    called when                              farewell frame?   socket
  //  #endOnceOpen      source or command ends the stream        yes, at opening   kept (keep-alive)
  //  #failOnceOpen     source, session or snapshot failed       stream-error      kept
  //  #sayFarewell      lifetime, drain, or one of the above     yes               kept; drain closes it
  //  #cut              client does not read                     no                destroyed
  //  #teardown         always last; runs once                   -                 as it is

  #failOnceOpen(reason: CloseReason, error: unknown): void {
    if (this.#isOver || this.#earlyEnd !== undefined) return;
    const failure = failureOf(error);
    if (!failure.isExpected)
      logError(logger, `${this.route} failed in mid-stream`, error);
    // That a session is over is no failure.
    if (reason === 'error') this.registry.tellOfError(this, error);
    this.#endOnceOpen(reason, errorFrameOf(failure, this.failureIdOf(failure)));
  }

  #endOnceOpen(reason: CloseReason, frame?: Frame): void {
    if (this.#transport !== undefined) this.#sayFarewell(reason, frame);
    else this.#earlyEnd ??= { reason, frame };
  }

  #sayFarewell(reason: CloseReason, frame?: Frame): void {
    const transport = this.#transport;
    if (this.#isOver || transport === undefined) return;
    try {
      if (frame !== undefined) this.#encoder.control(frame);
      this.#writer?.writeRest();
      const { lingering } = this.loop;
      this.#lingering = lingering.add(transport, this.#settings, this);
      if (reason === 'drain') transport.endForGood();
      else transport.end();
      this.#teardown(reason);
    } catch (error) {
      this.onWriteError(error);
    }
  }

  // A client that does not read would not read a farewell either.
  #cut(reason: CloseReason, what: string): void {
    const transport = this.#transport;
    logCut(this, what, this.standing.waitingBytes);
    this.#teardown(reason);
    transport?.destroy();
  }

  #teardown(reason: CloseReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clock?.stop();
    const wasOpen = this.registry.connections.delete(this);
    this.#source.run((error) =>
      this.#report(`${this.route}: the source failed when stopped`, error),
    );
    this.#writer?.close();
    this.abort();
    if (wasOpen) this.registry.tellOfClose(this, reason);
  }

  #report(what: string, error: unknown): void {
    logError(logger, what, error);
    this.registry.tellOfError(this, error);
  }
}
