import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import {
  Controller,
  HttpException,
  type INestApplication,
} from '@nestjs/common';
import helmet from 'helmet';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller()
class NewsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }
}

interface Fastify {
  register(plugin: unknown, options?: object): Promise<void>;
}

const fastifyOf = (app: INestApplication): Fastify =>
  app.getHttpAdapter().getInstance() as Fastify;

/** The lines that pino-http has written, each as JSON. */
type Lines = string[];

async function configure(
  app: INestApplication,
  platform: PlatformName,
  lines: Lines,
): Promise<void> {
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  app.use(pinoHttp({ logger }));
  if (platform === 'express') app.use(helmet());
  else await fastifyOf(app).register(fastifyHelmet);
}

describe.each(PLATFORMS)('a stream on %s', (platform) => {
  let application: TestApplication;
  const lines: Lines = [];

  beforeAll(async () => {
    application = await startApplication(platform, appOf([NewsController]), {
      configure: (app) => configure(app, platform, lines),
    });
  });

  it('W2 has the headers of helmet beside its own', async () => {
    const client = await application.open('/news');
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
    await client.untilType('stream-live');
    await application.app.get(EventBusService).publish('news', { n: 1 });
    await client.untilEvents(1);
  });

  it('has one line in the log of pino-http, with its status, when it is over', async () => {
    lines.length = 0;
    const client = await application.open('/news?logged');
    await client.untilType('stream-live');
    const logged = (): object[] =>
      lines
        .map((line) => JSON.parse(line) as { req: { url: string } })
        .filter(({ req }) => req.url === '/news?logged');
    expect(logged()).toEqual([]);
    client.close();
    await until(() => logged().length > 0);
    expect(logged()).toMatchObject([{ res: { statusCode: 200 } }]);
  });
});

describe('a stream behind @fastify/rate-limit', () => {
  it('W7 is refused as any route, and the others stay open', async () => {
    const application = await startApplication(
      'fastify',
      appOf([NewsController]),
      {
        configure: (app) =>
          fastifyOf(app).register(fastifyRateLimit, {
            max: 2,
            timeWindow: '1 hour',
            // Nest answers its own error with 500, on any route.
            errorResponseBuilder: (
              _request: unknown,
              { after, statusCode }: { after: string; statusCode: number },
            ) => new HttpException(`Come back in ${after}.`, statusCode),
          }),
      },
    );
    const clients = [];
    for (let count = 0; count < 3; count++)
      clients.push(await application.open('/news'));
    expect(clients.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(clients[0]!.headers).toMatchObject({ 'x-ratelimit-limit': '2' });
    expect(clients[2]!.headers['retry-after']).toBeDefined();
    await clients[0]!.untilType('stream-live');
    await application.app.get(EventBusService).publish('news', { n: 1 });
    await clients[0]!.untilEvents(1);
  });
});
