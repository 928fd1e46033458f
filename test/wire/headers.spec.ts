import { jest } from '@jest/globals';
import net from 'node:net';
import fastifyCookie from '@fastify/cookie';
import {
  Controller,
  Get,
  Header,
  RequestMethod,
  Res,
  type INestApplication,
} from '@nestjs/common';
import { SseStream } from 'nestjs-event-stream';
import { NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';

/** Either platform's way to set a cookie. */
interface CookieReply {
  cookie?(name: string, value: string): void;
  setCookie?(name: string, value: string, options?: object): void;
}

const calls: string[] = [];

@Controller()
class HeadersController {
  @SseStream('silent')
  silent() {
    calls.push('silent');
    return NEVER;
  }

  @SseStream('one', { method: RequestMethod.POST })
  one() {
    return of('one');
  }

  @SseStream('custom')
  @Header('X-Custom', 'of the route')
  custom() {
    return NEVER;
  }

  @SseStream('own', {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Robots-Tag': 'noindex',
    },
  })
  own() {
    return NEVER;
  }

  @SseStream('cookies')
  cookies(@Res({ passthrough: true }) reply: CookieReply) {
    for (const name of ['first', 'second']) {
      if (reply.setCookie) reply.setCookie(name, 'a b', { httpOnly: true });
      else reply.cookie!(name, 'a b');
    }
    return NEVER;
  }

  @Get('plain')
  plain() {
    return 'plain';
  }
}

const AppModule = appOf([HeadersController]);

interface RawMiddlewareResponse {
  setHeader(name: string, value: string): void;
}

async function configure(
  app: INestApplication,
  platform: PlatformName,
): Promise<void> {
  app.use((_: unknown, response: RawMiddlewareResponse, next: () => void) => {
    response.setHeader('x-middleware', 'here');
    response.setHeader('vary', 'Accept-Language');
    response.setHeader('set-cookie', 'of=middleware');
    next();
  });
  app.enableCors({ origin: ['https://page.example'], credentials: true });
  if (platform === 'express') return;
  const fastify = app.getHttpAdapter().getInstance() as {
    register(plugin: unknown): Promise<void>;
  };
  await fastify.register(fastifyCookie);
}

describe.each(ALL_PLATFORMS)('the headers of a stream on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule, {
      configure: (app) => configure(app, platform),
    });
  });

  afterAll(() => application.close());

  it('W2 are those that let every proxy pass events on at once', async () => {
    const { status, headers } = await application.open('/silent');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(headers).not.toHaveProperty('content-length');
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it('W2 name no Connection on HTTP/2, and close none on HTTP/1.1', async () => {
    const isHttp2 = platform === 'fastify-http2';
    const { headers } = await application.open('/silent', {
      ...(!isHttp2 && { headers: { connection: 'keep-alive' } }),
    });
    expect(headers.connection).toBe(isHttp2 ? undefined : 'keep-alive');
    expect(headers['transfer-encoding']).toBe(isHttp2 ? undefined : 'chunked');
  });

  it('C1 come on a connection whose peer is asked now and then whether it is there', async () => {
    const setKeepAlive = jest.spyOn(net.Socket.prototype, 'setKeepAlive');
    await application.open('/silent');
    const { port } = new URL(application.url);
    const ofServer = (setKeepAlive.mock.contexts as net.Socket[]).filter(
      ({ localPort }) => localPort === Number(port),
    );
    setKeepAlive.mockRestore();
    expect(ofServer).toHaveLength(platform === 'fastify-http2' ? 0 : 1);
  });

  it('W2 keep what CORS set', async () => {
    const { headers } = await application.open('/silent', {
      headers: { origin: 'https://page.example' },
    });
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://page.example',
      'access-control-allow-credentials': 'true',
    });
    expect(headers.vary).toMatch(/Origin/i);
    expect(headers.vary).toMatch(/Accept-Language/);
  });

  it('W2 keep what middleware and @Header() set', async () => {
    const { headers } = await application.open('/custom');
    expect(headers).toMatchObject({
      'x-middleware': 'here',
      'x-custom': 'of the route',
    });
  });

  it("W2 are the route's own where it names them, for GET and for HEAD", async () => {
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await application.open('/own', { method });
      expect(headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-robots-tag': 'noindex',
        'x-accel-buffering': 'no',
      });
    }
  });

  it("W2 keep cookies of middleware and those set by the platform's own way", async () => {
    const { headers } = await application.open('/cookies');
    const cookies = headers['set-cookie'] as string[];
    expect(cookies.map((cookie) => cookie.split(';', 1)[0]).toSorted()).toEqual(
      ['first=a%20b', 'of=middleware', 'second=a%20b'],
    );
  });

  it('W2 are the answer to HEAD, without a stream and without the handler', async () => {
    calls.length = 0;
    const client = await application.open('/silent', { method: 'HEAD' });
    await client.untilClosed();
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-middleware': 'here',
    });
    expect(client.raw).toBe('');
    await application.open('/silent');
    expect(calls).toEqual(['silent']);
  });

  it('W3 come with status 200 for POST', async () => {
    const client = await application.open('/one', {
      method: 'POST',
      body: '{}',
    });
    expect(client.status).toBe(200);
    await client.untilClosed();
    expect(client.events.map(({ data }) => data)).toEqual(['one']);
    expect(client.isComplete).toBe(true);
  });

  it('W2 are not those of other routes', async () => {
    const client = await application.open('/plain');
    expect(client.headers).not.toHaveProperty('x-accel-buffering');
  });
});
