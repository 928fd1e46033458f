import {
  Controller,
  ExecutionContext,
  Get,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import {
  EventBusService,
  Principal,
  SseAuthentication,
  SseAuthGuard,
  SseModule,
  SseStream,
  SseTicketService,
  type HttpExchange,
  type RawRequest,
  type SseCredential,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Injectable()
class KeyNames {
  readonly header = 'x-api-key';
}

/** What a guard of an application's own looks like: a constructor of its own, and credentials found elsewhere. */
@Injectable()
class ApiKeyGuard extends SseAuthGuard {
  constructor(
    auth: SseAuthentication,
    private readonly names: KeyNames,
  ) {
    super(auth);
  }

  protected override credentialOf(
    exchange: HttpExchange,
    request: unknown,
  ): SseCredential | undefined {
    const { headers }: RawRequest = exchange.request;
    const key = headers[this.names.header];
    return typeof key === 'string'
      ? { kind: 'bearer', token: key }
      : super.credentialOf(exchange, request);
  }
}

/** Lets those in whom the library's guard refuses, as nobody. */
@Injectable()
class OptionalGuard extends SseAuthGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      return await super.canActivate(context);
    } catch {
      return true;
    }
  }
}

/** A further guard of a route, which knows the client by another name. */
@Injectable()
class AccountGuard extends SseAuthGuard {
  protected override credentialOf(): SseCredential | undefined {
    return { kind: 'bearer', token: 'secret-token-of-account' };
  }
}

@Controller()
class OwnController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('keys')
  @UseGuards(ApiKeyGuard)
  keys(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }

  @Get('me')
  @UseGuards(ApiKeyGuard)
  me(@Principal() { id }: SsePrincipal) {
    return { id };
  }

  @SseStream('optional')
  @UseGuards(OptionalGuard)
  async *optional(@Principal() principal?: SsePrincipal) {
    yield principal?.id ?? 'nobody';
    await new Promise(() => undefined);
  }

  @SseStream('twice')
  @UseGuards(ApiKeyGuard, AccountGuard)
  twice(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }
}

@Module({
  imports: [
    SseModule.forRoot({
      auth: { authenticator: TestAuthenticator },
      limits: { perPrincipal: 3 },
    }),
  ],
  controllers: [OwnController],
  providers: [TestAuthenticator, KeyNames],
})
class OwnModule {}

describe.each(PLATFORMS)(
  'guards that extend SseAuthGuard, on %s',
  (platform) => {
    let application: TestApplication;
    let authenticator: TestAuthenticator;
    const log = new LogCollector();

    beforeEach(async () => {
      application = await startApplication(platform, OwnModule, {
        configure: (app) => app.useLogger(log),
      });
      authenticator = application.app.get(TestAuthenticator);
    });

    afterEach(() => application.close());

    /** The headers of somebody who brings the token as a key. */
    const keyOf = (id: string): Record<string, string> => {
      const { authorization } = authenticator.admit(id);
      return { 'x-api-key': authorization!.slice('Bearer '.length) };
    };

    it('A1 finds credentials where they say, on streams and on other routes', async () => {
      const headers = keyOf('ann');
      const client = await application.open('/keys', { headers });
      await client.untilType('stream-live');
      expect((await application.open('/keys')).status).toBe(401);
      const me = await application.open('/me', { headers });
      await me.untilClosed();
      expect(JSON.parse(me.raw)).toEqual({ id: 'ann' });
    });

    it('A2 makes somebody of one of 50 parallel redeems, where the others are let in as nobody', async () => {
      const { ticket } = await application.app
        .get(SseTicketService)
        .issue({ id: 'ann' }, { path: '/optional' });
      const clients = await Promise.all(
        Array.from({ length: 50 }, () =>
          application.open(`/optional?ticket=${ticket}`),
        ),
      );
      const names: string[] = [];
      for (const client of clients) {
        const [event] = await client.untilEvents(1);
        names.push(event!.data!);
      }

      expect(names.filter((one) => one === 'ann')).toHaveLength(1);
      expect(names.filter((one) => one === 'nobody')).toHaveLength(49);
      const cookies = clients.filter(({ headers }) => headers['set-cookie']);
      expect(cookies).toHaveLength(1);
    });

    it('C3 counts nobody for a ticket that another request has redeemed', async () => {
      const tickets = application.app.get(SseTicketService);
      const { ticket } = await tickets.issue(
        { id: 'ann' },
        { path: '/optional' },
      );
      for (let count = 0; count < 6; count++) {
        const client = await application.open(`/optional?ticket=${ticket}`);
        await client.untilEvents(1);
      }
      // One place of three is taken.
      for (const expected of [200, 200, 429]) {
        const headers = keyOf('ann');
        const client = await application.open('/keys', { headers });
        expect(client.status).toBe(expected);
      }
    });

    it('C3 counts a stream for the principal that it runs as, whatever guards said before', async () => {
      authenticator.admit('account');
      const statuses: number[] = [];
      for (const id of ['a', 'b', 'c', 'd', 'a']) {
        const client = await application.open('/twice', { headers: keyOf(id) });
        statuses.push(client.status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      // And for nobody else.
      for (const expected of [200, 200, 200, 429]) {
        const client = await application.open('/keys', { headers: keyOf('a') });
        expect(client.status).toBe(expected);
      }
    });

    it('A4 says in the log that a time is not in milliseconds', async () => {
      const expiresAt = Math.floor(Date.now() / 1_000) + 3_600;
      const headers = keyOf('ann');
      authenticator.admit('ann', { expiresAt });
      const client = await application.open('/keys', { headers });
      await client.untilClosed();

      expect(client.status).toBe(500);
      expect(log.text).toContain(
        `expiresAt is ${expiresAt}, in seconds perhaps? It has to be milliseconds since the Unix epoch, such as exp * 1000`,
      );
    });
  },
);
