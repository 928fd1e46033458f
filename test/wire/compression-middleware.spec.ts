import fastifyCompress from '@fastify/compress';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import compression from 'compression';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class CompressedController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('events')
  events() {
    return this.bus.stream('news');
  }

  @Get('plain')
  plain() {
    return { text: 'x'.repeat(10_000) };
  }
}

const AppModule = appOf([CompressedController]);

async function compress(
  app: INestApplication,
  platform: PlatformName,
): Promise<void> {
  if (platform === 'express') {
    app.use(compression({ threshold: 0 }));
    return;
  }
  const fastify = app.getHttpAdapter().getInstance() as {
    register(plugin: unknown, options: object): Promise<void>;
  };
  await fastify.register(fastifyCompress, { threshold: 0 });
}

describe.each(ALL_PLATFORMS)('behind compression on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule, {
      configure: (app) => compress(app, platform),
    });
  });

  afterAll(() => application.close());

  it('W6 a stream arrives event by event, and as it is', async () => {
    // Only br, so that it is not the library's own gzip that is seen here.
    const headers = { 'accept-encoding': 'br' };
    const plain = await application.open('/plain', { headers });
    expect(plain.headers['content-encoding']).toBe('br');

    const client = await application.open('/events', { headers });
    await client.untilType('stream-live');
    expect(client.headers).not.toHaveProperty('content-encoding');
    const bus = application.app.get(EventBusService);
    for (const text of ['one', 'two', 'three']) {
      await bus.publish('news', text);
      await client.until(({ events }) => events.at(-1)?.data === text, text);
    }
  });
});
