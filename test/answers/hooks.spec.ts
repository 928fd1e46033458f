import type { ServerResponse } from 'node:http';
import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import session from 'express-session';
import onHeaders from 'on-headers';
import { SseModule, SseStream } from 'nestjs-event-stream';
import { NEVER, of } from 'rxjs';
import { streamsOf } from '../support/internals.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { RawSocket } from '../support/raw-socket.js';
import { until } from '../support/until.js';

@Controller()
class HookedController {
  @SseStream('stream')
  stream() {
    return of('one', 'two');
  }

  @SseStream('silent')
  silent() {
    return NEVER;
  }

  @Get('plain')
  plain() {
    return { plain: true };
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [HookedController] })
class AppModule {}

const FASTIFY = ALL_PLATFORMS.filter((one) => one !== 'express');

const SECRET = 'a secret of at least thirty-two characters';

/** What tests use of Fastify. */
interface FastifyLike {
  register(plugin: unknown, options?: object): Promise<void>;
  addHook(name: 'onSend', hook: OnSend): void;
}

interface ReplyLike {
  header(name: string, value: string): ReplyLike;
  getHeader(name: string): unknown;
}

interface RequestLike {
  readonly query: { readonly name?: string; readonly hook?: string };
}

type Done = (error?: Error | null, payload?: unknown) => void;

type OnSend = (
  request: RequestLike,
  reply: ReplyLike,
  payload: unknown,
  done: Done,
) => unknown;

function fastifyOf(app: INestApplication): FastifyLike {
  return app.getHttpAdapter().getInstance() as FastifyLike;
}

describe.each(FASTIFY)('the onSend hooks of %s', (platform) => {
  let application: TestApplication;
  let seen: unknown[];

  async function start(
    configure: (fastify: FastifyLike) => void | Promise<void>,
  ): Promise<void> {
    application = await startApplication(platform, AppModule, {
      configure: (app) => configure(fastifyOf(app)),
    });
  }

  beforeEach(() => {
    seen = [];
  });

  afterEach(async () => {
    await until(
      () => streamsOf(application).isEmpty,
      'no stream is left',
    ).finally(() => application.close());
  });

  it.each(['at once', 'by a promise', 'by a timer'])(
    'W7 run once, in order, before the headers leave, and may take their time: %s',
    async (when) => {
      await start((fastify) => {
        const first: OnSend = (_request, reply, _payload, done) => {
          seen.push(['first', reply.getHeader('content-type')]);
          reply.header('x-first', 'yes');
          if (when === 'by a timer') setTimeout(done, 5);
          else done();
        };
        // Fastify tells hooks that give promises by their number of parameters.
        const promised = async (
          request: RequestLike,
          reply: ReplyLike,
          payload: unknown,
        ): Promise<void> => {
          await until(() => seen.length > 0);
          first(request, reply, payload, () => undefined);
          seen.shift();
        };
        if (when === 'by a promise') {
          seen.push('placeholder');
          fastify.addHook('onSend', promised);
        } else fastify.addHook('onSend', first);
        fastify.addHook('onSend', (_request, reply, _payload, done) => {
          seen.push('second');
          reply.header('x-second', String(reply.getHeader('x-first')));
          done();
        });
      });
      const client = await application.open('/stream');
      await client.untilType('stream-end');
      expect(client.events.map(({ data }) => data)).toEqual(['one', 'two']);
      expect(client.headers).toMatchObject({
        'x-first': 'yes',
        'x-second': 'yes',
        'content-type': 'text/event-stream',
      });
      expect(seen).toEqual([['first', 'text/event-stream'], 'second']);
    },
  );

  it('W7 of @fastify/session set its cookie', async () => {
    await start(async (fastify) => {
      await fastify.register(fastifyCookie);
      await fastify.register(fastifySession, {
        secret: SECRET,
        cookie: { secure: false },
      });
    });
    const client = await application.open('/stream');
    await client.untilType('stream-end');
    expect(client.headers['set-cookie']).toEqual([
      expect.stringContaining('sessionId='),
    ]);
  });

  it('W6 of @fastify/compress leave streams as they are, even where told to compress them', async () => {
    await start((fastify) =>
      fastify.register(fastifyCompress, {
        threshold: 0,
        customTypes: /text\/event-stream|json/,
      }),
    );
    const headers = { 'accept-encoding': 'gzip' };
    const client = await application.open('/stream', { headers });
    await client.untilType('stream-end');
    expect(client.headers).not.toHaveProperty('content-encoding');
    expect(client.events.map(({ data }) => data)).toEqual(['one', 'two']);
    const plain = await application.open('/plain', { headers });
    expect(plain.headers['content-encoding']).toBe('gzip');
  });

  it.each(['throws', 'passes an error', 'rejects'])(
    'W7 that fail are answered by the filters: one that %s',
    async (how) => {
      await start((fastify) => {
        const failing: OnSend = (request, _reply, _payload, done) => {
          const error = new Error('of the hook');
          if (request.query.hook !== 'fail' || seen.length > 0) return done();
          seen.push('failed');
          if (how === 'throws') throw error;
          setTimeout(() => done(error), 1);
          return undefined;
        };
        const rejecting = async (request: RequestLike): Promise<void> => {
          if (request.query.hook !== 'fail' || seen.length > 0) return;
          seen.push('failed');
          throw new Error('of the hook');
        };
        fastify.addHook(
          'onSend',
          how === 'rejects' ? (rejecting as OnSend) : failing,
        );
      });
      const client = await application.open('/stream?hook=fail');
      await client.untilClosed();
      expect(client.status).toBe(500);
      expect(client.headers['content-type']).toMatch('application/json');
      expect(JSON.parse(client.raw)).toMatchObject({ statusCode: 500 });
    },
  );

  it('W7 that answer with something else have the response', async () => {
    await start((fastify) => {
      fastify.addHook('onSend', (_request, reply, _payload, done) => {
        reply.header('content-type', 'text/plain');
        done(null, 'maintenance');
      });
    });
    const client = await application.open('/stream');
    await client.untilClosed();
    expect(client.raw).toBe('maintenance');
    expect(client.headers['content-length']).toBe('11');
  });

  it.each(['GET', 'HEAD'])(
    'W7 may ask a payload whether it is a stream: %s',
    async (method) => {
      await start((fastify) => {
        fastify.addHook('onSend', (_request, reply, payload, done) => {
          // Some plugins listen to streams.
          (payload as { on(name: string, listener: () => void): void }).on(
            'error',
            () => undefined,
          );
          reply.header('x-after', 'yes');
          done(null, payload);
        });
      });
      const client = await application.open('/stream', { method });
      await client.untilClosed();
      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'x-after': 'yes',
      });
    },
  );
});

describe('the onSend hooks of fastify', () => {
  it('C2 that are never done leave nothing behind when the client leaves', async () => {
    let reached = false;
    const application = await startApplication('fastify', AppModule, {
      configure: (app) =>
        fastifyOf(app).addHook('onSend', () => {
          reached = true;
          return new Promise(() => undefined);
        }),
    });
    try {
      const client = await RawSocket.connect(application.url);
      client.request('/stream');
      const held = streamsOf(application);
      await until(() => reached, 'the hook runs');
      expect(held.plingeringCount).toBe(1);
      client.socket.destroy();
      await until(
        () => held.isEmpty && held.plingeringCount === 0,
        'it is gone',
      );
    } finally {
      await application.close();
    }
  });
});

/** What anybody can do with a query where a hook or a middleware reflects it in a header. */
async function withReflection(
  app: INestApplication,
  platform: PlatformName,
): Promise<void> {
  if (platform !== 'express') {
    fastifyOf(app).addHook('onSend', (request, reply, _payload, done) => {
      const { name, hook } = request.query;
      if (name !== undefined) reply.header('x-name', name);
      if (hook === 'throw') return done(new Error('of the hook'));
      return done();
    });
    return;
  }
  app.use(session({ secret: SECRET, resave: true, saveUninitialized: true }));
  app.use(
    (
      request: { query: { name?: string; hook?: string } },
      response: ServerResponse,
      next: () => void,
    ) => {
      onHeaders(response, () => {
        const { name, hook } = request.query;
        if (name !== undefined) response.setHeader('x-name', name);
        if (hook === 'throw') throw new Error('of the listener');
      });
      next();
    },
  );
}

describe.each(ALL_PLATFORMS)(
  'what throws while headers are written on %s',
  (platform) => {
    let application: TestApplication;

    beforeAll(async () => {
      application = await startApplication(platform, AppModule, {
        configure: (app) => withReflection(app, platform),
      });
    });

    afterAll(() => application.close());

    // Node sends any text in a header of HTTP/2.
    const bad = platform === 'fastify-http2' ? 'hook=throw' : 'name=%D1%8F';

    it.each([
      ['GET', bad],
      ['HEAD', bad],
      ['GET', 'hook=throw'],
      ['HEAD', 'hook=throw'],
    ])('W7 is answered with 500: %s ?%s', async (method, query) => {
      const client = await application.open(`/stream?${query}`, { method });
      await client.untilClosed();
      expect(client.status).toBe(500);
      expect(client.headers['content-type']).not.toBe('text/event-stream');
      await until(() => streamsOf(application).isEmpty, 'no stream is left');
      const next = await application.open('/stream?name=ann', { method });
      expect(next.status).toBe(200);
      expect(next.headers['x-name']).toBe('ann');
    });

    it('W7 is answered with 500 where a client comes back to the end of a stream', async () => {
      const first = await application.open('/stream');
      const { id } = await first.untilType('stream-end');
      const again = await application.open('/stream', { lastEventId: id });
      expect(again.status).toBe(204);
      const client = await application.open(`/stream?${bad}`, {
        lastEventId: id,
      });
      await client.untilClosed();
      expect(client.status).toBe(500);
    });
  },
);
