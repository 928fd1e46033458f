import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Controller, Param, UseInterceptors } from '@nestjs/common';
import { SseConn, SseStream, type SseConnection } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { sendUnanswered } from '../support/unanswered-request.js';
import { until } from '../support/until.js';

let waiting = 0;
let released: string[] = [];

const SOURCES: Record<string, () => unknown> = {
  'web-stream': () =>
    new ReadableStream({ cancel: () => void released.push('web-stream') }),
  'node-stream': () => {
    const stream = new Readable({ read: () => undefined });
    return stream.on('close', () => released.push('node-stream'));
  },
  // Its error comes later, when nobody listens any more.
  'missing-file': () =>
    createReadStream('/no/such/file').on('close', () =>
      released.push('missing-file'),
    ),
  iterator: () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: async () => released.push('iterator'),
    }),
  }),
};

@Controller()
class LateController {
  @SseStream('plain/:source')
  async plain(
    @Param('source') source: string,
    @SseConn() { signal }: SseConnection,
  ) {
    const left = once(signal, 'abort');
    waiting++;
    await left;
    return SOURCES[source]!();
  }

  @SseStream('piped/:source')
  @UseInterceptors(PassThroughInterceptor)
  piped(@Param('source') source: string, @SseConn() connection: SseConnection) {
    return this.plain(source, connection);
  }
}

const AppModule = appOf([LateController]);

describe.each(ALL_PLATFORMS)('a handler on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  it.each(
    ['plain', 'piped'].flatMap((route) =>
      Object.keys(SOURCES).map((source) => [route, source] as const),
    ),
  )(
    'C2 has its source released that comes after its client has left: %s %s',
    async (route, source) => {
      waiting = 0;
      released = [];
      const leave = sendUnanswered(
        platform,
        `${application.url}/${route}/${source}`,
      );
      await until(() => waiting === 1);
      leave();
      await until(() => released.length > 0, `${source} is released`);

      expect(released).toEqual([source]);
    },
  );
});
