import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { Controller, SseSignal, UseInterceptors } from '@nestjs/common';
import { SseConn, SseStream, type SseConnection } from 'nestjs-event-stream';
import { Readable as PackageReadable } from 'readable-stream';
import { concat, NEVER, Observable, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

/** What was torn down, in order. */
let ended: string[] = [];
/** Makes the open source complete or fail. */
let finish: { complete(): void; error(error: Error): void };

function endable(): Promise<void> {
  return new Promise((resolve, reject) => {
    finish = { complete: resolve, error: reject };
  });
}

function observable(): Observable<string> {
  return new Observable((subscriber) => {
    finish = subscriber;
    subscriber.next('first');
    return () => ended.push('unsubscribed');
  });
}

async function* generator(): AsyncGenerator<string> {
  try {
    yield 'first';
    await endable();
  } finally {
    ended.push('finally');
  }
}

@Controller()
class TeardownController {
  @SseStream('observable')
  observable(@SseSignal() signal: AbortSignal) {
    signal.addEventListener('abort', () => ended.push('aborted'));
    return observable();
  }

  @SseStream('piped-observable')
  @UseInterceptors(PassThroughInterceptor)
  pipedObservable(@SseConn() { signal }: SseConnection) {
    signal.addEventListener('abort', () => ended.push('aborted'));
    return observable();
  }

  @SseStream('generator')
  generator(@SseSignal() signal: AbortSignal) {
    signal.addEventListener('abort', () => {
      ended.push('aborted');
      finish.complete();
    });
    return generator();
  }

  @SseStream('piped-generator')
  @UseInterceptors(PassThroughInterceptor)
  pipedGenerator(@SseSignal() signal: AbortSignal) {
    return this.generator(signal);
  }

  @SseStream('iterator')
  iterator() {
    let isFirst = true;
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (!isFirst) await endable();
          const done = !isFirst;
          isFirst = false;
          return { done, value: 'first' };
        },
        return: async () => {
          ended.push('returned');
          return { done: true, value: undefined };
        },
      }),
    };
  }

  @SseStream('endless')
  async *endless() {
    try {
      for (;;) {
        yield 'first';
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.push('finally');
    }
  }

  @SseStream('readable-stream')
  readableStream() {
    return new ReadableStream({
      start: (controller) => controller.enqueue('first'),
      cancel: () => void ended.push('cancelled'),
    });
  }

  @SseStream('node-stream')
  nodeStream() {
    const stream = new Readable({ objectMode: true, read: () => undefined });
    stream.on('close', () => ended.push('destroyed'));
    stream.push('first');
    return stream;
  }

  @SseStream('package-stream')
  packageStream() {
    const stream = new PackageReadable({
      objectMode: true,
      read: () => undefined,
    });
    stream.on('close', () => ended.push('destroyed'));
    stream.push('first');
    return stream;
  }

  /** As streams were before they could be iterated. */
  @SseStream('old-stream')
  oldStream() {
    const stream = Object.assign(new EventEmitter(), {
      readable: true,
      pipe: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      destroy: () => void ended.push('destroyed'),
    });
    setImmediate(() => stream.emit('data', 'first'));
    return stream;
  }

  @SseStream('throws-in-teardown')
  throwsInTeardown() {
    return new Observable((subscriber) => {
      subscriber.next('first');
      return () => {
        ended.push('unsubscribed');
        throw new Error('in teardown');
      };
    });
  }

  @SseStream('marker')
  marker() {
    return concat(of('first'), NEVER);
  }
}

const AppModule = appOf([TeardownController]);

const ROUTES: readonly (readonly [string, readonly string[]])[] = [
  ['/observable', ['unsubscribed', 'aborted']],
  ['/piped-observable', ['unsubscribed', 'aborted']],
  ['/generator', ['aborted', 'finally']],
  ['/piped-generator', ['aborted', 'finally']],
  ['/iterator', ['returned']],
  ['/endless', ['finally']],
  ['/readable-stream', ['cancelled']],
  ['/node-stream', ['destroyed']],
  ['/package-stream', ['destroyed']],
  ['/old-stream', ['destroyed']],
];

describe.each(ALL_PLATFORMS)('teardown on %s', (platform) => {
  let application: TestApplication;

  beforeEach(async () => {
    ended = [];
    application = await startApplication(platform, AppModule);
  });

  /** Passes when what is expected has happened, and nothing more by the time another stream came and went. */
  async function expectEnded(expected: readonly string[]): Promise<void> {
    await until(
      () => ended.length >= expected.length,
      `${expected.join()} of ${ended.join()}`,
    );
    if (!application.app.getHttpServer().listening) return;
    const marker = await application.open('/marker');
    await marker.untilEvents(1);
    marker.close();
    expect(ended.toSorted()).toEqual(expected.toSorted());
  }

  it.each(ROUTES)(
    'C2 runs once when the client leaves %s',
    async (path, expected) => {
      const client = await application.open(path);
      await client.untilEvents(1);
      client.close();
      await expectEnded(expected);
    },
  );

  it.each(ROUTES)(
    'C2 runs once when the application closes under %s',
    async (path, expected) => {
      const client = await application.open(path);
      await client.untilEvents(1);
      await application.app.close();
      await client.untilClosed();
      await until(() => ended.length >= expected.length, expected.join());
      expect(ended.toSorted()).toEqual(expected.toSorted());
      expect(client.isComplete).toBe(true);
      expect(client.types).not.toContain('stream-end');
    },
  );

  it.each<[string, readonly string[]]>([
    ['/observable', ['unsubscribed', 'aborted']],
    ['/piped-observable', ['unsubscribed', 'aborted']],
    ['/generator', ['finally', 'aborted']],
    ['/piped-generator', ['finally', 'aborted']],
    // An iterator that is done has nothing to return from.
    ['/iterator', []],
  ])('C2 runs once when %s completes', async (path, expected) => {
    const client = await application.open(path);
    await client.untilEvents(1);
    await until(() => finish !== undefined);
    finish.complete();
    await client.untilClosed();
    expect(client.types.at(-1)).toBe('stream-end');
    await expectEnded(expected);
  });

  it.each<[string, readonly string[]]>([
    ['/observable', ['unsubscribed', 'aborted']],
    ['/piped-observable', ['unsubscribed', 'aborted']],
    ['/generator', ['finally', 'aborted']],
    ['/iterator', []],
  ])('C2 runs once when %s fails', async (path, expected) => {
    const client = await application.open(path);
    await client.untilEvents(1);
    finish.error(new Error('broken'));
    await client.untilClosed();
    expect(client.types.at(-1)).toBe('stream-error');
    await expectEnded(expected);
  });

  it('C2 that throws harms nobody', async () => {
    const client = await application.open('/throws-in-teardown');
    await client.untilEvents(1);
    client.close();
    await expectEnded(['unsubscribed']);
  });
});
