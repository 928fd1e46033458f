import { setTimeout as sleep } from 'node:timers/promises';
import {
  Controller,
  Header,
  HttpCode,
  Module,
  Render,
  Redirect,
  RequestMethod,
  Res,
  type INestApplication,
} from '@nestjs/common';
import session from 'express-session';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import {
  SseConn,
  SseException,
  SseModule,
  SseStream,
  type SseConnection,
} from 'nestjs-event-stream';
import { EMPTY, of } from 'rxjs';
import {
  ALL_PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';

/** What handlers use of Express's response and of Fastify's reply. */
interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body?: unknown): Reply;
}

const SECRET = 'a secret of at least thirty-two characters';

let connections: SseConnection[] = [];

@Controller()
class AnsweringController {
  @SseStream('passthrough')
  passthrough(@Res({ passthrough: true }) reply: Reply) {
    reply.header('x-handler', 'yes');
    return of('one');
  }

  @SseStream('taken')
  taken(@Res() reply: Reply) {
    reply.header('x-handler', 'yes');
    return of('one');
  }

  @SseStream('gone')
  gone(@Res() reply: Reply, @SseConn() connection: SseConnection) {
    connections.push(connection);
    reply.status(204).send();
    return EMPTY;
  }

  @SseStream('gone-later')
  async goneLater(@Res() reply: Reply) {
    await sleep(5);
    reply.status(410).send('gone');
  }

  @SseStream('gone-after-all')
  goneAfterAll(@Res() reply: Reply) {
    setTimeout(() => reply.status(410).send('gone'), 10);
  }

  @SseStream('gone-passthrough')
  gonePassthrough(@Res({ passthrough: true }) reply: Reply) {
    reply.status(410).send('gone');
    return of('never seen');
  }

  @SseStream('created', { method: RequestMethod.POST })
  @HttpCode(201)
  created() {
    return of('one');
  }

  @HttpCode(202)
  @Header('x-declared', 'above')
  @SseStream('accepted', { method: RequestMethod.PUT })
  @Header('x-also', 'below')
  accepted() {
    return of('one');
  }

  @Render('view')
  @SseStream('rendered')
  rendered() {
    return of('one');
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [AnsweringController] })
class AppModule {}

/** Both platforms' session plugins hold a response back until the session is saved. */
async function withSession(
  app: INestApplication,
  platform: PlatformName,
): Promise<void> {
  if (platform === 'express') {
    const store = new SlowStore();
    app.use(
      session({ secret: SECRET, store, resave: true, saveUninitialized: true }),
    );
    return;
  }
  const fastify = app.getHttpAdapter().getInstance() as {
    register(plugin: unknown, options?: object): Promise<void>;
  };
  await fastify.register(fastifyCookie);
  await fastify.register(fastifySession, {
    secret: SECRET,
    cookie: { secure: false },
    store: new SlowStore(),
  });
}

/** Answers after a while, by a callback, as stores over a network do. */
class SlowStore extends session.Store {
  readonly #sessions = new Map<string, string>();

  override get(
    id: string,
    callback: (error: unknown, session?: session.SessionData | null) => void,
  ): void {
    const found = this.#sessions.get(id);
    const value =
      found === undefined ? null : (JSON.parse(found) as session.SessionData);
    setTimeout(() => callback(null, value), 5);
  }

  override set(
    id: string,
    value: session.SessionData,
    callback?: (error?: unknown) => void,
  ): void {
    this.#sessions.set(id, JSON.stringify(value));
    setTimeout(() => callback?.(), 5);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#sessions.delete(id);
    setTimeout(() => callback?.(), 5);
  }
}

describe.each(ALL_PLATFORMS)(
  'handlers that have the response on %s',
  (platform) => {
    let application: TestApplication;

    beforeEach(() => {
      connections = [];
    });

    describe.each(['alone', 'with sessions'])('%s', (setting) => {
      beforeAll(async () => {
        application = await startApplication(platform, AppModule, {
          configure: (app) =>
            setting === 'alone' ? undefined : withSession(app, platform),
        });
      });

      afterAll(() => application.close());

      it.each(['passthrough', 'taken'])(
        'W7 set headers on a stream: /%s',
        async (path) => {
          const client = await application.open(`/${path}`);
          await client.untilType('stream-end');
          expect(client.status).toBe(200);
          expect(client.headers['x-handler']).toBe('yes');
          expect(client.events.map(({ data }) => data)).toEqual(['one']);
          const cookies = client.headers['set-cookie'] ?? [];
          expect(cookies).toHaveLength(setting === 'alone' ? 0 : 1);
        },
      );

      it('W7 answer by themselves, with no stream over it', async () => {
        const client = await application.open('/gone');
        await client.untilClosed();
        expect(client.status).toBe(204);
        expect(client.headers['content-type']).toBeUndefined();
        expect(connections[0]!.signal.aborted).toBe(true);
      });

      it.each(['gone-later', 'gone-after-all', 'gone-passthrough'])(
        'W7 answer by themselves whenever they like: /%s',
        async (path) => {
          const client = await application.open(`/${path}`);
          await client.untilClosed();
          expect(client.status).toBe(410);
          expect(client.raw).toBe('gone');
        },
      );
    });

    describe('and decorators of the answer', () => {
      beforeAll(async () => {
        application = await startApplication(platform, AppModule);
      });

      afterAll(() => application.close());

      it('W3 have status 200 whatever @HttpCode() says, and the headers of @Header()', async () => {
        const post = await application.open('/created', {
          method: 'POST',
          body: '{}',
        });
        await post.untilType('stream-end');
        expect(post.status).toBe(200);
        const put = await application.open('/accepted', {
          method: 'PUT',
          body: '{}',
        });
        await put.untilType('stream-end');
        expect(put.status).toBe(200);
        expect(put.headers).toMatchObject({
          'x-declared': 'above',
          'x-also': 'below',
        });
      });

      it('W7 refuse @Render() with 500', async () => {
        const client = await application.open('/rendered');
        await client.untilClosed();
        expect(client.status).toBe(500);
      });
    });
  },
);

it('W7 @Render() and @Redirect() below @SseStream() are refused when the class is defined', () => {
  const define = (decorator: MethodDecorator) => () => {
    class Wrong {
      handler() {
        return EMPTY;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(
      Wrong.prototype,
      'handler',
    )!;
    decorator(Wrong.prototype, 'handler', descriptor);
    SseStream('wrong')(Wrong.prototype, 'handler', descriptor);
  };
  for (const decorator of [Render('view'), Redirect('/elsewhere')]) {
    expect(define(decorator)).toThrow(SseException);
    expect(define(decorator)).toThrow(
      /Wrong\.handler is an @SseStream\(\) route/,
    );
  }
});
