import type { INestApplication } from '@nestjs/common';
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { eventTypeOf } from '../event/event-class.js';
import type { TestEvent } from './client/event-blocks.js';
import type { TestStreamOptions } from './client/test-request.js';
import { openTestStream } from './client/test-stream.js';

/**
 * One event that a test expects: its type alone; type, data or both; or an instance of an `@SseEvent()` class, which
 * stands for its type and its data.
 */
export type ExpectedEvent =
  string | { readonly type?: string; readonly data?: unknown } | object;

/**
 * What a route streams, as one expectation: opens the stream, does what leads to the events, compares them, and leaves.
 *
 * @example
 * await expectEvents(app, '/orders/42/events')
 *   .when(() => bus.publish('orders.42', { type: 'order.shipped', data: { orderId: '42' } }))
 *   .toEmit({ type: 'order.shipped', data: { orderId: '42' } });
 */
export function expectEvents(
  app: INestApplication,
  path: string,
  options: TestStreamOptions = {},
): StreamExpectation {
  return new StreamExpectation(app, path, options, () => undefined);
}

/** An expectation of what a stream sends. */
export class StreamExpectation {
  /** @internal */
  constructor(
    private readonly app: INestApplication,
    private readonly path: string,
    private readonly options: TestStreamOptions,
    private readonly action: () => unknown,
  ) {}

  /** What to do once the stream is open: from then on it gets what is published. */
  when(action: () => unknown): StreamExpectation {
    const { app, path, options } = this;
    return new StreamExpectation(app, path, options, action);
  }

  /**
   * Expects these to be the first events of the application's own, in this order.
   * @returns the events
   * @throws AssertionError if others come; Error if fewer come in time
   */
  async toEmit(...expected: readonly ExpectedEvent[]): Promise<TestEvent[]> {
    const events = await this.take(expected.length);
    const actual = events.map((event, index) =>
      seenAs(event, expected[index]!),
    );
    const wanted = expected.map(wantedOf);
    if (isDeepStrictEqual(actual, wanted)) return events;
    throw new AssertionError({
      message: `${this.path} sent other events than expected.`,
      actual,
      expected: wanted,
      operator: 'deepStrictEqual',
    });
  }

  /**
   * The first events of the application's own.
   * @throws Error if fewer come in time
   */
  async take(count: number): Promise<TestEvent[]> {
    const stream = await openTestStream(this.app, this.path, this.options);
    try {
      await this.action();
      return await stream.take(count);
    } finally {
      await stream.drop();
    }
  }
}

interface Wanted {
  readonly type?: string;
  readonly data?: unknown;
}

function wantedOf(expected: ExpectedEvent): Wanted {
  if (typeof expected === 'string') return { type: expected };
  const type = eventTypeOf(expected);
  if (type !== undefined) return { type, data: jsonForm(expected) };
  const { type: own, data } = expected as Wanted;
  return {
    ...(own !== undefined && { type: own }),
    ...(data !== undefined && { data: jsonForm(data) }),
  };
}

/** As much of an event as is expected of it. */
function seenAs({ type, data }: TestEvent, expected: ExpectedEvent): Wanted {
  const wanted = wantedOf(expected);
  return {
    ...('type' in wanted && { type }),
    ...('data' in wanted && { data }),
  };
}

function jsonForm(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data)) as unknown;
}
