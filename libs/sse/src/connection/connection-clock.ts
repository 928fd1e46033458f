import { HEARTBEAT_FRAME } from '../event/frame.js';
import type { ConnectionBinding } from './connection-binding.js';
import type { StreamSettings } from './stream-settings.js';
import type { EmissionEncoder } from './output/emission-encoder.js';
import type { FrameWriter } from './output/frame-writer.js';
import { stallMsOf } from './output/stall.js';
import type { PrincipalSession } from './principal-session.js';
import type { StreamTransport } from './output/stream-transport.js';
import type { WheelEntry } from './output/timer-wheel.js';
import type { WriteLoop } from './output/write-loop.js';

/** The share of a heartbeat's interval in which the beats of many connections are spread. */
const BEAT_SPREAD = 0.1;

/** What time does to a connection. */
export interface ClockListener {
  onLifetime(): void;
  /** The client has taken nothing for too long. */
  onStall(): void;
  onExpired(): void;
  /** It is time to ask again who the principal is. */
  onRevalidate(): void;
}

/** What the clock looks at. */
export interface ClockedStream {
  readonly settings: StreamSettings;
  readonly writer: FrameWriter;
  readonly encoder: EmissionEncoder;
  readonly transport: StreamTransport;
  readonly binding: ConnectionBinding;
  readonly session: PrincipalSession | undefined;
}

/** Heartbeats, fresh cursors, stalled clients and lifetime: all that needs time, without a timer of its own. */
export class ConnectionClock implements WheelEntry {
  readonly #phase = Math.random();
  readonly #endsAt: number;
  #expiresAt = Infinity;
  #revalidateAt = Infinity;
  #taken = 0;
  #progressAt = 0;

  constructor(
    private readonly loop: WriteLoop,
    private readonly stream: ClockedStream,
    private readonly listener: ClockListener,
  ) {
    const now = performance.now();
    const { lifetime } = stream.settings;
    stream.writer.lastWriteAt = this.#progressAt = now;
    this.#endsAt = lifetime
      ? now + lifetime.maxMs * (1 - Math.random() * lifetime.jitterRatio)
      : Infinity;
    const { session } = stream;
    if (session !== undefined) {
      this.#expiresAt = session.principal.expiresAt ?? Infinity;
      // Half of the first interval is left to chance: streams that opened together ask at different times.
      const { revalidateMs } = session;
      if (revalidateMs)
        this.#revalidateAt = now + revalidateMs * (0.5 + this.#phase / 2);
    }
    loop.wheel.schedule(this, this.#untilNextVisit(now));
  }

  /** @param expiresAt in milliseconds since the Unix epoch */
  expireAt(expiresAt: number): void {
    this.#expiresAt = expiresAt;
    this.loop.wheel.schedule(this, this.#untilNextVisit(performance.now()));
  }

  stop(): void {
    this.loop.wheel.remove(this);
  }

  onTimer(now: number): number | undefined {
    if (now >= this.#endsAt) {
      this.listener.onLifetime();
      return undefined;
    }
    if (Date.now() >= this.#expiresAt) {
      this.listener.onExpired();
      return undefined;
    }
    if (now >= this.#revalidateAt) {
      this.#revalidateAt =
        now + (this.stream.session?.revalidateMs || Infinity);
      this.listener.onRevalidate();
    }
    if (this.#isStalled(now)) {
      this.listener.onStall();
      return undefined;
    }
    if (!this.stream.writer.isCongested && this.#untilBeat(now) <= 0) {
      this.#beat(now);
    }
    return this.#untilNextVisit(now);
  }

  // A cursor that has moved without an event for this client says the same as a comment, and more.
  #beat(now: number): void {
    const { binding, encoder, writer } = this.stream;
    const { bound } = binding;
    const offset = bound?.freshOffset;
    if (
      bound !== undefined &&
      offset !== undefined &&
      offset > encoder.sentOffset
    ) {
      const frame = this.loop.cursorFrame(bound.cursorAt(offset));
      binding.sendControl(frame, offset);
    } else {
      writer.push(HEARTBEAT_FRAME);
    }
    writer.lastWriteAt = now;
  }

  #untilBeat(now: number): number {
    const { heartbeatMs } = this.stream.settings;
    if (heartbeatMs === false) return Infinity;
    const silence = heartbeatMs * (1 - BEAT_SPREAD * this.#phase);
    return this.stream.writer.lastWriteAt + silence - now;
  }

  #untilNextVisit(now: number): number {
    const { writer, settings } = this.stream;
    // A beat that is due while the client is congested goes out soon after it has caught up.
    const beat =
      writer.isCongested && settings.heartbeatMs !== false
        ? Math.max(this.#untilBeat(now), settings.heartbeatMs * BEAT_SPREAD)
        : this.#untilBeat(now);
    return Math.max(
      0,
      Math.min(
        beat,
        this.#stallMs,
        this.#endsAt - now,
        this.#revalidateAt - now,
        this.#expiresAt - Date.now(),
      ),
    );
  }

  /** More waits than may: visits soon, and more often. */
  onOverfull(): void {
    this.#progressAt = performance.now();
    this.loop.wheel.schedule(this, this.#stallMs);
  }

  // Not by whether the writer is congested: what waits behind a closed window of HTTP/2 may be less than that takes.
  #isStalled(now: number): boolean {
    const { writer, transport } = this.stream;
    const isWaiting = writer.isCongested || transport.backlog > 0;
    const { taken } = transport;
    if (!isWaiting || taken > this.#taken) {
      this.#taken = taken;
      this.#progressAt = now;
      return false;
    }
    return now - this.#progressAt >= this.#stallMs;
  }

  get #stallMs(): number {
    return stallMsOf(this.stream.transport, this.stream.settings);
  }
}
