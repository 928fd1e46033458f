import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  Query,
  UseInterceptors,
  ValidationPipe,
  VersioningType,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { Exclude, Type } from 'class-transformer';
import { IsInt } from 'class-validator';
import { SseConnections, SseStream } from 'nestjs-event-stream';
import {
  concat,
  map,
  NEVER,
  of,
  Subject,
  tap,
  timeout,
  type Observable,
} from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

class User {
  readonly name = 'ann';
  @Exclude() readonly password = 'secret';
}

class ListQuery {
  @IsInt()
  @Type(() => Number)
  page!: number;
}

@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ envelope: data })));
  }
}

/** Long for a busy machine to begin a response, and soon over. */
const TIMEOUT_MS = 2_000;

class TimeoutInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(timeout(TIMEOUT_MS));
  }
}

/** As many applications have it. */
class TimingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<TimedResponse>();
    return next.handle().pipe(
      tap(() => (response.raw ?? response).setHeader('x-seen', 'value')),
      tap({
        complete: () => response.header?.('x-completed', 'yes'),
      }),
    );
  }
}

interface TimedResponse {
  readonly raw?: TimedResponse;
  setHeader(name: string, value: string): void;
  /** Of Express and Fastify, not of what is below them. */
  header?(name: string, value: string): void;
}

let source: Subject<unknown>;

@Controller({ path: 'users', version: '1' })
@UseInterceptors(EnvelopeInterceptor)
class UsersController {
  @SseStream(['events', 'changes'])
  events(@Query() { page }: ListQuery) {
    source = new Subject();
    return concat(of({ page }), source);
  }

  @Get('plain')
  plain() {
    return new User();
  }
}

/** Counts on a value that a stream does not have. */
class CountingInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next
      .handle()
      .pipe(map((items: unknown) => (items as unknown[]).length));
  }
}

@Controller('counted')
@UseInterceptors(CountingInterceptor)
class CountedController {
  @SseStream('events')
  events() {
    return of('never seen');
  }
}

@Controller({ path: 'users', version: '2' })
class UsersV2Controller {
  @SseStream('events')
  *events() {
    yield 'v2';
  }
}

class Base {
  @SseStream('waiting')
  waiting() {
    return NEVER;
  }

  @SseStream('inherited')
  *inherited(): Generator<string> {
    yield this.name();
  }

  protected name(): string {
    return 'base';
  }

  @SseStream('overridden')
  *overridden(@Query('page') page: string): Generator<string> {
    yield `base ${page}`;
  }
}

@Controller('other')
class OtherController extends Base {}

@Controller('derived')
class DerivedController extends Base {
  protected override name(): string {
    return 'derived';
  }

  @SseStream('overridden')
  override *overridden(
    @Query('page') page: string,
    extra = 'none',
  ): Generator<string> {
    yield* super.overridden(page);
    yield extra;
  }
}

const AppModule = appOf(
  [
    UsersController,
    UsersV2Controller,
    DerivedController,
    OtherController,
    CountedController,
  ],
  {},
  [{ provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor }],
);

function configure(app: INestApplication): void {
  app.setGlobalPrefix('api', { exclude: [] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalInterceptors(
    new TimeoutInterceptor(),
    new TimingInterceptor(),
    new ClassSerializerInterceptor(app.get(Reflector)),
  );
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
}

describe.each(ALL_PLATFORMS)('among global settings on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule, { configure });
  });

  afterAll(() => application.close());

  it('W6 frames are untouched by envelopes and timeouts, and @Exclude() holds', async () => {
    const plain = await application.open('/api/v1/users/plain');
    await plain.untilClosed();
    expect(plain.raw).toBe('{"envelope":{"envelope":{"name":"ann"}}}');

    const client = await application.open('/api/v1/users/events?page=2');
    await client.untilEvents(1);
    const opened = Date.now();
    await until(() => Date.now() > opened + TIMEOUT_MS, 'the timeout passes');
    source.next(new User());
    source.next({ data: { user: new User() }, type: 'user' });
    await client.untilEvents(3);
    expect(client.blocks.slice(1).map(({ raw }) => raw)).toEqual([
      'data: {"page":2}',
      'data: {"name":"ann"}',
      'event: user\ndata: {"user":{"name":"ann"}}',
    ]);
  });

  it.each(['GET', 'HEAD'])(
    'W6 interceptors still set headers when %s has been handled',
    async (method) => {
      const client = await application.open('/api/v2/users/events', { method });
      await client.untilClosed();
      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'x-seen': 'value',
        'x-completed': 'yes',
      });
      expect(client.events.map(({ data }) => data)).toEqual(
        method === 'GET' ? ['v2'] : [],
      );
    },
  );

  it.each(['GET', 'HEAD'])(
    'W6 an interceptor that fails answers %s in place of the stream',
    async (method) => {
      const client = await application.open('/api/v1/counted/events', {
        method,
      });
      await client.untilClosed();
      expect(client.status).toBe(500);
      expect(client.raw).not.toContain('never seen');
      const open = await application.app.get(SseConnections).list();
      expect(open.map(({ route }) => route)).not.toContain(
        'CountedController.events',
      );
    },
  );

  it('W6 a ValidationPipe refuses with 400', async () => {
    const client = await application.open('/api/v1/users/events?page=x');
    expect(client.status).toBe(400);
  });

  it('W6 prefix, version and several paths lead to a stream', async () => {
    const v2 = await application.open('/api/v2/users/events');
    await v2.untilType('stream-end');
    expect(v2.events[0]!.data).toBe('v2');
    const second = await application.open('/api/v1/users/changes?page=3');
    expect((await second.untilEvents(1))[0]!.data).toBe('{"page":3}');
    const missing = await application.open('/users/events');
    expect(missing.status).toBe(404);
  });

  it('W6 an inherited stream is listed under the controller that it was opened by', async () => {
    for (const base of ['derived', 'other']) {
      const client = await application.open(`/api/v1/${base}/waiting`);
      await client.untilType('stream-open');
    }
    const open = await application.app.get(SseConnections).list();
    const routes = open.map(({ route }) => route);
    expect(routes.filter((route) => route.endsWith('.waiting'))).toEqual(
      expect.arrayContaining([
        'DerivedController.waiting',
        'OtherController.waiting',
      ]),
    );
  });

  it('W6 a controller inherits streams and overrides them', async () => {
    const inherited = await application.open('/api/v1/derived/inherited');
    await inherited.untilType('stream-end');
    expect(inherited.events.map(({ data }) => data)).toEqual(['derived']);
    const overridden = await application.open(
      '/api/v1/derived/overridden?page=4',
    );
    await overridden.untilType('stream-end');
    expect(overridden.events.map(({ data }) => data)).toEqual([
      'base 4',
      'none',
    ]);
  });
});
