import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { SseException } from '../../base/exception.js';
import { BlockReader, isUserEvent, type TestEvent } from './event-blocks.js';
import { typeOf, type EventKind } from './event-kind.js';
import { afterReal } from './real-time.js';
import { storyOf } from './story.js';
import {
  DEFAULT_TIMEOUT_MS,
  requestStream,
  type TestResponse,
  type TestStreamOptions,
} from './test-request.js';

/** The types of a stream's events, and the data of each. */
export type TestEventMap = { readonly [type: string]: unknown };

/**
 * Opens a stream of an application in this process, over a real socket, and resolves once its headers are there: what
 * is published from then on arrives. The application need not listen; the kit has it listen on a free port.
 *
 * A status other than 200 is no error here: look at {@link TestStream.status}.
 *
 * @throws SseException `INVALID_OPTIONS`; Error if the route does not answer within `timeoutMs`
 *
 * @example
 * const stream = await openTestStream(app, '/orders/42/events');
 * await bus.publish('orders.42', { type: 'order.shipped', data: { orderId: '42' } });
 * const { data, id } = await stream.next('order.shipped');
 * stream.close();
 */
export async function openTestStream<E extends object = TestEventMap>(
  app: INestApplication,
  path: string,
  options: TestStreamOptions = {},
): Promise<TestStream<E>> {
  const response = await requestStream(app, path, options);
  return new TestStream<E>(app, path, options, response);
}

/** A client of one stream, for tests: every wait ends by itself, and says what was missing and what came. */
export class TestStream<E extends object = TestEventMap> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All blocks that came, control events and comments among them. */
  readonly received: TestEvent[] = [];
  readonly #taken = new Set<TestEvent>();
  readonly #blocks = new BlockReader();
  readonly #timeoutMs: number;
  #text = '';
  #end: 'complete' | 'cut' | undefined;
  #isStalled = false;
  #waiting: (() => void)[] = [];

  /** @internal */
  constructor(
    private readonly app: INestApplication,
    private readonly path: string,
    private readonly options: TestStreamOptions,
    private readonly connection: TestResponse,
  ) {
    const { response } = connection;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    // What a cut is told by: the close that follows says the same.
    response.on('error', () => undefined);
    connection.request.on('error', () => undefined);
    response.on('close', () => this.#over(response.complete));
  }

  /** The events of the application's own that came: no control events, no comments. */
  get events(): readonly TestEvent[] {
    return this.received.filter(isUserEvent);
  }

  /** The cursor with which the client would come back. */
  get lastEventId(): string | undefined {
    return (
      this.received.findLast(({ id }) => id !== undefined)?.id ??
      this.options.lastEventId
    );
  }

  /** The response's text as far as it came. */
  get text(): string {
    return this.#text;
  }

  /** Whether the response is over: `complete` if the server ended it, `cut` if the connection broke. */
  get end(): 'complete' | 'cut' | undefined {
    return this.#end;
  }

  /**
   * The next events of the application's own that no call has given yet.
   * @throws Error if fewer come in time, or before the stream is over
   */
  async take(count: number): Promise<TestEvent[]> {
    const found = (): TestEvent[] =>
      this.events.filter((event) => !this.#taken.has(event)).slice(0, count);
    await this.#until(
      () => found().length >= count,
      () => `${count} events; ${found().length} of them came`,
    );
    return this.#give(found());
  }

  /**
   * The next event of this type, or of this `@SseEvent()` class, that no call has given yet. Also for control events
   * such as `stream-reset`. It passes over the others, and they can still be taken.
   * @throws Error if none comes in time, or before the stream is over
   */
  async next<T extends object>(type: EventKind<T>): Promise<TestEvent<T>>;
  async next<K extends keyof E & string>(type: K): Promise<TestEvent<E[K]>>;
  async next(type: string): Promise<TestEvent>;
  async next(type: string | EventKind<object>): Promise<TestEvent> {
    const name = typeof type === 'string' ? type : typeOf(type);
    return this.#first((event) => event.type === name, `an event ${name}`);
  }

  /**
   * All events of the application's own up to and with the first that meets the condition, as far as no call has
   * given them yet.
   * @param what the condition in words, for the message
   * @throws Error if none meets it in time, or before the stream is over
   */
  async until(
    condition: (event: TestEvent) => boolean,
    what = condition.toString(),
  ): Promise<TestEvent[]> {
    const untaken = (): TestEvent[] =>
      this.events.filter((event) => !this.#taken.has(event));
    await this.#until(
      () => untaken().some(condition),
      () => `an event that meets ${what}`,
    );
    const events = untaken();
    return this.#give(events.slice(0, events.findIndex(condition) + 1));
  }

  /**
   * The next sign of life of a quiet stream: a comment, or a fresh cursor.
   * @throws Error if none comes in time, or before the stream is over
   */
  async heartbeat(): Promise<TestEvent> {
    return this.#first(
      ({ type }) => type === ':' || type === 'stream-cursor',
      'a heartbeat',
    );
  }

  /**
   * Waits for the end of the response.
   * @returns `complete` if the server ended it, `cut` if the connection broke
   * @throws Error if it is still open then
   */
  async ended(): Promise<'complete' | 'cut'> {
    await this.#until(
      () => this.#end !== undefined,
      () => 'the end of the response',
      true,
    );
    return this.#end!;
  }

  /** Cuts the connection, as a network does, and resolves once the server has noticed. */
  async drop(): Promise<void> {
    const { serverSocket } = this.connection;
    this.close();
    if (serverSocket !== undefined && !serverSocket.closed)
      await once(serverSocket, 'close');
  }

  /** Comes back as a client does: drops the connection, and asks for the same with the last id. */
  async resume(options: TestStreamOptions = {}): Promise<TestStream<E>> {
    await this.drop();
    const { lastEventId } = this;
    const again = { ...this.options, lastEventId, ...options };
    return openTestStream<E>(this.app, this.path, again);
  }

  /**
   * Stops the reader, and its network takes not a byte from here on, until {@link goOn} or until the server ends the
   * response.
   * @throws SseException `NOT_SUPPORTED` if a proxy stands between the client and the application
   */
  stall(): void {
    const { serverSocket } = this.connection;
    if (serverSocket === undefined) {
      throw new SseException(
        'NOT_SUPPORTED',
        'stall() holds the bytes back at the server, and this application is not asked directly.',
      );
    }
    if (this.#isStalled) return;
    this.#isStalled = true;
    serverSocket.cork();
    this.connection.response.pause();
    // A reader that does not read does not learn that it was cut off.
    serverSocket.once('close', () => this.goOn());
  }

  /** Lets the reader of a stalled stream read on. */
  goOn(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.connection.serverSocket?.uncork();
    this.connection.response.resume();
  }

  /** Leaves. */
  close(): void {
    this.goOn();
    this.connection.request.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }

  async #first(
    condition: (event: TestEvent) => boolean,
    what: string,
  ): Promise<TestEvent> {
    const find = (): TestEvent | undefined =>
      this.received.find(
        (event) => !this.#taken.has(event) && condition(event),
      );
    await this.#until(
      () => find() !== undefined,
      () => what,
    );
    return this.#give([find()!])[0]!;
  }

  #give(events: TestEvent[]): TestEvent[] {
    for (const event of events) this.#taken.add(event);
    return events;
  }

  async #until(
    condition: () => boolean,
    what: () => string,
    mayEnd = false,
  ): Promise<void> {
    let isLate = false;
    const stop = afterReal(this.#timeoutMs, () => {
      isLate = true;
      this.#wake();
    });
    try {
      while (!condition()) {
        if (isLate)
          throw this.#failure(`${what()}, within ${this.#timeoutMs} ms`);
        if (this.#end !== undefined && !mayEnd)
          throw this.#failure(`${what()}, before the stream was over`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      stop();
    }
  }

  #failure(missing: string): Error {
    return new Error(`${this.path} did not give ${missing}.\n${storyOf(this)}`);
  }

  #take(text: string): void {
    this.#text += text;
    this.received.push(...this.#blocks.take(text));
    this.#wake();
  }

  #over(isComplete: boolean): void {
    this.#end = isComplete ? 'complete' : 'cut';
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
