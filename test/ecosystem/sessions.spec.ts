import secureSession from '@fastify/secure-session';
import {
  Controller,
  Injectable,
  Post,
  Req,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import session from 'express-session';
import {
  EventBusService,
  Principal,
  SseAuthenticator,
  SseAuthGuard,
  SseModule,
  SseStream,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { Strategy } from 'passport-http-bearer';
import {
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';

/** A session of either platform: express-session has properties, @fastify/secure-session methods. */
interface WithSession {
  readonly session: Record<string, unknown> & {
    get?(name: string): unknown;
    set?(name: string, value: unknown): void;
  };
  readonly user?: { readonly name: string };
}

@Injectable()
class RequestAuthenticator extends SseAuthenticator {
  authenticate(_credential: unknown, request: unknown) {
    const { session: own, user } = request as WithSession;
    const name = user?.name ?? own.get?.('name') ?? own['name'];
    return typeof name === 'string'
      ? { id: name, topics: [`users.${name}`] }
      : undefined;
  }
}

@Injectable()
class TokenStrategy extends PassportStrategy(Strategy) {
  validate(token: string) {
    return token === 'secret' ? { name: 'bob' } : false;
  }
}

@Controller()
class UsersController {
  constructor(private readonly bus: EventBusService) {}

  @Post('login')
  login(@Req() { session: own }: WithSession) {
    if (own.set) own.set('name', 'ann');
    else own['name'] = 'ann';
  }

  @SseStream('mine')
  @UseGuards(SseAuthGuard)
  mine(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }

  @SseStream('by-token')
  @UseGuards(AuthGuard('bearer'), SseAuthGuard)
  byToken(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }
}

class AppModule {}

const module = {
  module: AppModule,
  imports: [
    PassportModule,
    SseModule.forRoot({
      auth: {
        authenticator: RequestAuthenticator,
        sources: { bearer: true, cookie: 'session' },
      },
    }),
  ],
  controllers: [UsersController],
  providers: [RequestAuthenticator, TokenStrategy],
};

async function useSessions(
  app: INestApplication,
  platform: PlatformName,
): Promise<void> {
  if (platform === 'express') {
    app.use(
      session({
        name: 'session',
        secret: 'a secret',
        resave: false,
        rolling: true,
        saveUninitialized: false,
      }),
    );
    return;
  }
  const fastify = app.getHttpAdapter().getInstance() as {
    register(plugin: unknown, options: object): Promise<void>;
  };
  await fastify.register(secureSession, {
    key: Buffer.alloc(32, 'k'),
    cookieName: 'session',
    cookie: { path: '/' },
  });
}

describe.each(PLATFORMS)('a stream for users on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, module, {
      configure: (app) => useSessions(app, platform),
    });
  });

  it('A1 opens for the session of express-session or @fastify/secure-session, and for none else', async () => {
    const { url } = application;
    const login = await fetch(`${url}/login`, { method: 'POST' });
    const [cookie] = login.headers.getSetCookie()[0]!.split(';');
    const nobody = await application.open('/mine');
    expect(nobody.status).toBe(401);
    const ann = await application.open('/mine', {
      headers: { cookie: cookie! },
    });
    expect(ann.status).toBe(200);
    await ann.untilType('stream-live');
    await application.app.get(EventBusService).publish('users.ann', { n: 1 });
    await ann.untilEvents(1);
  });

  it('A1 opens for whom @nestjs/passport knows, and for none else', async () => {
    const headers = (token: string) => ({ authorization: `Bearer ${token}` });
    const refused = await application.open('/by-token', {
      headers: headers('wrong'),
    });
    expect(refused.status).toBe(401);
    const bob = await application.open('/by-token', {
      headers: headers('secret'),
    });
    expect(bob.status).toBe(200);
    await bob.untilType('stream-live');
    await application.app.get(EventBusService).publish('users.bob', { n: 2 });
    await bob.untilEvents(1);
  });
});
