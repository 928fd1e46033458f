import { Controller } from '@nestjs/common';
import {
  SseConnections,
  SseStream,
  type SseMessage,
} from 'nestjs-event-stream';
import { Subject } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { untilCongested } from '../support/congestion.js';
import { streamsOf } from '../support/internals.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

const KILOBYTES_64 = 'x'.repeat(64 * 1024);

/** Longer than the pauses of a busy process that the library cannot tell from a client that stalls. */
const PATIENCE_MS = 1_500;

let source: Subject<SseMessage>;
let pulled: number;

@Controller()
class SourcesController {
  @SseStream('disconnect')
  disconnect() {
    return source;
  }

  @SseStream('drop-oldest', {
    slowConsumer: { policy: 'drop-oldest', maxBufferedBytes: 256 * 1024 },
  })
  dropOldest() {
    return source;
  }

  @SseStream('latest', {
    slowConsumer: {
      policy: 'latest',
      key: ({ data }) => String(data).slice(0, 1),
    },
  })
  latest() {
    return source;
  }

  @SseStream('generator')
  *generator() {
    for (pulled = 0; pulled < 2_000;) yield `${pulled++} ${KILOBYTES_64}`;
  }

  @SseStream('readable')
  readable() {
    pulled = 0;
    return new ReadableStream<string>({
      pull: (controller) => {
        if (pulled === 2_000) controller.close();
        else controller.enqueue(`${pulled++} ${KILOBYTES_64}`);
      },
    });
  }

  @SseStream('impatient', { slowConsumer: { stallTimeoutMs: 400 } })
  *impatient() {
    for (pulled = 0; ;) yield `${pulled++} ${KILOBYTES_64}`;
  }

  @SseStream('patient', { slowConsumer: { stallTimeoutMs: PATIENCE_MS } })
  patient() {
    return this.impatient();
  }

  @SseStream('impatient-end', { slowConsumer: { stallTimeoutMs: 400 } })
  impatientEnd() {
    return source;
  }
}

const AppModule = appOf([SourcesController]);

describe.each(ALL_PLATFORMS)('slow clients on %s', (platform) => {
  let application: TestApplication;
  let connections: SseConnections;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    connections = application.app.get(SseConnections);
  });

  beforeEach(() => {
    source = new Subject();
  });

  afterAll(() => application.close());

  const emit = async (number: number, prefix = ''): Promise<void> => {
    source.next({ data: `${prefix}${number} ${KILOBYTES_64}` });
    await new Promise((resolve) => setImmediate(resolve));
  };

  const numbersOf = (client: SseTestClient): string[] =>
    client.events.map(({ data }) => data!.split(' ', 1)[0]!);

  const isOver = async (): Promise<boolean> =>
    (await connections.count()) === 0;

  it('S3 never drops a healthy client for a burst of one turn', async () => {
    const client = await application.open('/disconnect');
    await client.untilType('stream-open');
    for (let number = 0; number < 100; number++)
      source.next({ data: `${number} ${KILOBYTES_64}` });
    await client.untilEvents(100);
    source.complete();
    await client.untilType('stream-end');
    expect(numbersOf(client)).toEqual(
      Array.from({ length: 100 }, (_, index) => String(index)),
    );
  });

  it('S3 S4 disconnects a client that is too far behind, and keeps the others', async () => {
    const slow = await application.open('/disconnect');
    slow.pause();
    const quick = await application.open('/disconnect');
    await quick.untilType('stream-open');
    let sent = 0;
    while ((await connections.count()) === 2) {
      await emit(sent++);
      await quick.untilEvents(sent);
    }
    expect(quick.isClosed).toBe(false);
    slow.resume();
    await slow.untilClosed();
    expect(slow.isComplete).toBe(false);
    quick.close();
    await until(isOver);
  });

  it('S3 forgets the oldest events of a client that is behind, and keeps order', async () => {
    const slow = await application.open('/drop-oldest');
    await slow.untilType('stream-open');
    slow.pause();
    const total = 400;
    for (let number = 0; number < total; number++) await emit(number);
    slow.resume();
    await slow.until(
      (client) => numbersOf(client).at(-1) === String(total - 1),
      'the newest event',
    );
    const numbers = numbersOf(slow).map(Number);
    expect(numbers.length).toBeLessThan(total);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    slow.close();
    await until(isOver);
  });

  it('S3 keeps the latest event of each key, in order', async () => {
    const slow = await application.open('/latest');
    await slow.untilType('stream-open');
    slow.pause();
    for (let number = 0; number < 200; number++) await emit(number, 'a');
    for (let number = 0; number < 200; number++) {
      await emit(number, 'b');
      await emit(number, 'c');
    }
    await emit(200, 'a');
    slow.resume();
    await slow.until(
      (client) => numbersOf(client).at(-1) === 'a200',
      'the latest of a',
    );
    expect(numbersOf(slow).slice(-3)).toEqual(['b199', 'c199', 'a200']);
    expect(slow.events.length).toBeLessThan(400);
    slow.close();
    await until(isOver);
  });

  it.each(['generator', 'readable'])(
    'S3 pulls a %s no faster than the socket drains',
    async (path) => {
      const slow = await application.open(`/${path}`);
      slow.pause();
      await untilCongested(application);
      const seen = pulled;
      // 128 MB in all; how much of it the kernel's buffers take is not ours to say.
      expect(pulled).toBeLessThan(2_000);
      slow.resume();
      await slow.untilEvents(seen + 10);
      slow.close();
      await until(isOver);
    },
  );

  it('S4 cuts a client that takes nothing', async () => {
    const client = await application.open('/impatient');
    client.pause();
    await until(isOver);
    client.resume();
    await client.untilClosed();
    expect(client.isComplete).toBe(false);
  });

  it('S4 cuts a client that takes nothing of a stream that has ended', async () => {
    const client = await application.open('/impatient-end');
    await client.untilType('stream-open');
    client.pause();
    for (let number = 0; number < 200; number++)
      source.next({ data: `${number} ${KILOBYTES_64}` });
    source.complete();
    const streams = streamsOf(application);
    await until(() => streams.lingeringCount === 1);
    await until(() => streams.lingeringCount === 0);
    client.resume();
    await client.untilClosed();
    expect(client.isComplete).toBe(false);
    expect(client.types).not.toContain('stream-end');
  });

  it('S4 never cuts a client that reads slowly, but steadily', async () => {
    const client = await application.open('/patient');
    const startedAt = performance.now();
    // Several times the limit, and a small share of what the source could give.
    while (performance.now() - startedAt < 3 * PATIENCE_MS) {
      const before = client.raw.length;
      client.resume();
      await client.until(({ raw }) => raw.length > before);
      client.pause();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await connections.count()).toBe(1);
    client.close();
    await until(isOver);
  });
});
