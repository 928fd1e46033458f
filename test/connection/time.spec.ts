import { jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { interval, NEVER, Subject } from 'rxjs';
import { map } from 'rxjs/operators';
import { appOf } from '../support/app-of.js';
import { beside } from '../support/beside.js';
import { streamsOf, type HeldStreams } from '../support/internals.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { ReceivedBlock } from '../support/sse-client.js';
import { countTimers } from '../support/timers.js';
import { until } from '../support/until.js';

const HEARTBEAT_MS = 300;
/** How exact the shared timer is. */
const TICK_MS = 100;

let source: Subject<number>;

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('silent')
  silent() {
    return NEVER;
  }

  @SseStream('source')
  source() {
    return source;
  }

  @SseStream('busy')
  busy() {
    return interval(50).pipe(map(() => performance.now()));
  }

  @SseStream('without', { heartbeat: false, retry: false })
  without() {
    return source;
  }

  @SseStream('news', {
    lifetime: { maxMs: 400, jitterRatio: 0.5 },
    heartbeat: false,
  })
  news() {
    return this.bus.stream('news');
  }
}

const AppModule = appOf([StreamsController], {
  heartbeat: { intervalMs: HEARTBEAT_MS },
  retry: { minMs: 100, maxMs: 200 },
});

/**
 * How long it was silent between two events with a beat between them; an event says when it was emitted. A busy
 * machine makes such silences.
 */
function silencesWithBeats(blocks: readonly ReceivedBlock[]): number[] {
  const silences: number[] = [];
  let emittedAt = -Infinity;
  let hasBeaten = false;
  for (const { data } of blocks) {
    if (data !== undefined && hasBeaten)
      silences.push(Number(data) - emittedAt);
    hasBeaten = data === undefined;
    if (data !== undefined) emittedAt = Number(data);
  }
  return silences;
}

describe.each(ALL_PLATFORMS)('time on %s', (platform) => {
  let application: TestApplication;
  let streams: HeldStreams;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    streams = streamsOf(application);
  });

  beforeEach(() => {
    source = new Subject();
  });

  afterEach(() => jest.restoreAllMocks());

  afterAll(() => application.close());

  it('C1 beats on a silent stream, again and again', async () => {
    const client = await application.open('/silent');
    await client.until(
      ({ types }) => types.filter((type) => type === ':').length >= 3,
    );
    expect(new Set(client.types.slice(1))).toEqual(new Set([':']));
    expect(client.blocks.at(-1)!.raw).toBe(':');
    client.close();
  });

  it('C1 does not beat while events flow', async () => {
    const silent = await application.open('/silent');
    const busy = await application.open('/busy');
    await silent.until(
      ({ types }) => types.filter((type) => type === ':').length >= 3,
    );
    await busy.untilEvents(10);
    const silences = silencesWithBeats(busy.blocks.slice(1));
    expect(silences.filter((ms) => ms < HEARTBEAT_MS - TICK_MS)).toEqual([]);
    silent.close();
    busy.close();
  });

  it('C1 beats no more once its stream is over, and leaves nothing to visit', async () => {
    const client = await application.open('/source');
    await client.until(({ types }) => types.includes(':'));
    source.complete();
    await client.untilType('stream-end');
    await client.untilClosed();
    expect(client.types.at(-1)).toBe('stream-end');
    await until(() => streams.timerCount === 0);
  });

  it('C1 does not beat where it is turned off', async () => {
    const without = await application.open('/without');
    const silent = await application.open('/silent');
    await silent.until(
      ({ types }) => types.filter((type) => type === ':').length >= 3,
    );
    source.next(1);
    await without.untilEvents(1);
    expect(without.types).toEqual(['stream-open', 'message']);
    expect(without.raw).not.toContain('retry:');
    without.close();
    silent.close();
  });

  it('C1 has one timer for all streams', async () => {
    await until(() => streams.timerCount === 0);
    const timers = countTimers();
    const clients = await Promise.all(
      Array.from({ length: 30 }, () => application.open('/silent')),
    );
    await Promise.all(
      clients.map((client) => client.until(({ types }) => types.includes(':'))),
    );
    expect(streams.timerCount).toBe(30);
    expect(timers).toEqual({ setInterval: 1, setTimeout: 0 });
    for (const client of clients) client.close();
    await until(() => streams.timerCount === 0);
  });

  it('C5 tells the wait at every open, from between its bounds', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      const client = await application.open('/silent');
      const { retry } = await client.untilType('stream-open');
      waits.push(Number(retry));
      client.close();
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(200);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it('C4 ends a stream that is old enough, and the client loses nothing by it', async () => {
    const bus = application.app.get(EventBusService);
    let isPublishing = true;
    let published = 0;
    const publishing = beside(
      (async () => {
        while (isPublishing) {
          await bus.publish('news', published++);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      })(),
    );
    const seen: number[] = [];
    let lastEventId: string | undefined;
    for (let round = 0; round < 3 || seen.length < 4; round++) {
      const client = await application.open('/news', { lastEventId });
      await client.untilClosed();
      expect(client.isComplete).toBe(true);
      expect(client.types).not.toContain('stream-end');
      expect(client.types).not.toContain('stream-reset');
      seen.push(...client.events.map(({ data }) => Number(data)));
      lastEventId = client.lastId;
    }
    isPublishing = false;
    await publishing;
    expect(seen).toEqual(Array.from(seen, (_, index) => seen[0]! + index));
  });
});
