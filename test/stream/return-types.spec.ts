import { Readable } from 'node:stream';
import { Controller, UseInterceptors } from '@nestjs/common';
import { SseStream } from 'nestjs-event-stream';
import { asyncScheduler, from, scheduled } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const VALUES = ['a', { b: 1 }, 3];

const SOURCES: Readonly<Record<string, () => unknown>> = {
  'an Observable': () => scheduled(VALUES, asyncScheduler),
  'an Observable that is done at once': () => from(VALUES),
  'a Promise of an Observable': async () => from(VALUES),
  'a lazy promise': () => lazily(() => from(VALUES)),
  'an array': () => VALUES,
  'a Promise of an array': async () => VALUES,
  'a Set': () => new Set(VALUES),
  'a generator': function* () {
    yield* VALUES;
  },
  'an async generator': async function* () {
    yield* VALUES;
  },
  'a Promise of an async generator': async () =>
    (async function* () {
      yield* VALUES;
    })(),
  'an async iterable': () => ({
    [Symbol.asyncIterator]: () => {
      const rest = [...VALUES];
      return {
        next: async () =>
          rest.length === 0
            ? { done: true, value: undefined }
            : { done: false, value: rest.shift() },
      };
    },
  }),
  'a ReadableStream': () =>
    new ReadableStream({
      start: (controller) => {
        for (const value of VALUES) controller.enqueue(value);
        controller.close();
      },
    }),
  'a Node stream': () => Readable.from(VALUES),
};

/** A thenable that does its work when awaited, and only once, as queries are. */
function lazily(query: () => unknown): PromiseLike<unknown> {
  let isRun = false;
  return {
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve, reject) => {
      if (isRun)
        return Promise.reject(new Error('Run twice')).then(resolve, reject);
      isRun = true;
      return Promise.resolve(query()).then(resolve, reject);
    },
  };
}

/** One route a source, alone and behind an interceptor that sees its values. */
function controllerOf(prefix: string, decorators: readonly MethodDecorator[]) {
  @Controller(prefix)
  class SourcesController {}
  Object.values(SOURCES).forEach((source, index) => {
    const name = `source${index}`;
    const { prototype } = SourcesController;
    Object.defineProperty(prototype, name, {
      value: () => source(),
      writable: true,
      configurable: true,
    });
    for (const decorate of [...decorators, SseStream(name)]) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name)!;
      decorate(prototype, name, descriptor);
      Object.defineProperty(prototype, name, descriptor);
    }
  });
  return SourcesController;
}

const AppModule = appOf([
  controllerOf('direct', []),
  controllerOf('piped', [UseInterceptors(PassThroughInterceptor)]),
]);

describe.each(ALL_PLATFORMS)('a handler on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  const cases = ['direct', 'piped'].flatMap((prefix) =>
    Object.keys(SOURCES).map((name, index) => [
      name,
      `/${prefix}/source${index}`,
    ]),
  );

  it.each(cases)('W5 may return %s: %s', async (_name, path) => {
    const client = await application.open(path!);
    await client.untilClosed();
    expect(client.status).toBe(200);
    expect(client.types).toEqual([
      'stream-open',
      'message',
      'message',
      'message',
      'stream-end',
    ]);
    expect(client.events.map(({ data }) => data)).toEqual([
      'a',
      '{"b":1}',
      '3',
    ]);
    expect(client.isComplete).toBe(true);
  });
});
