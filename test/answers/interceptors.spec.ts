import { setTimeout as sleep } from 'node:timers/promises';
import {
  Catch,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Module,
  RequestTimeoutException,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { AbstractHttpAdapter } from '@nestjs/core';
import {
  SseConn,
  SseModule,
  SseStream,
  type SseConnection,
} from 'nestjs-event-stream';
import {
  catchError,
  concat,
  concatMap,
  EMPTY,
  first,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  mergeMap,
  of,
  race,
  retry,
  startWith,
  tap,
  throwError,
  timeout,
  timer,
  type Observable,
} from 'rxjs';
import { streamsOf } from '../support/internals.js';
import {
  ALL_PLATFORMS,
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { RawSocket } from '../support/raw-socket.js';
import { until } from '../support/until.js';

type Step = (next: CallHandler, response: HeaderSetter) => unknown;

/** Of Express and of Fastify. */
interface HeaderSetter {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

const later = <T>(value: T): Promise<T> => sleep(5, value);

let failures = 0;

/** What interceptors of an application do around a stream route. */
const STEPS: Record<string, Step> = {
  // --- refuse ---
  refuse: (next) =>
    next.handle().pipe(
      map(() => {
        throw new ForbiddenException('refused');
      }),
    ),
  tap: (next) =>
    next.handle().pipe(
      tap(() => {
        throw new ForbiddenException('refused');
      }),
    ),
  'refuse later': (next) =>
    next.handle().pipe(
      mergeMap(async () => {
        await sleep(5);
        throw new ForbiddenException('refused');
      }),
    ),
  'refuse after an await': async (next) => {
    await lastValueFrom(next.handle());
    await sleep(5);
    throw new ForbiddenException('refused');
  },
  'refuse before': async () => {
    await sleep(5);
    throw new ForbiddenException('refused');
  },
  timeout: (next) =>
    next.handle().pipe(
      timeout(40),
      catchError(() => throwError(() => new RequestTimeoutException())),
    ),
  nothing: () => EMPTY,

  // --- answer in place of the stream ---
  maintenance: () => of({ maintenance: true }),
  'maintenance later': async () => of(await later({ maintenance: true })),
  text: () => of('maintenance'),
  fallback: (next) =>
    next.handle().pipe(catchError(() => of({ fallback: true }))),
  'fallback after a tap': (next) =>
    next.handle().pipe(
      tap(() => {
        throw new Error('of the tap');
      }),
      catchError(() => of({ fallback: true })),
    ),
  'fallback with a status': (next, response) =>
    next.handle().pipe(
      mergeMap(async () => {
        await sleep(5);
        throw new Error('later');
      }),
      catchError(() => {
        response.status(503);
        return of({ fallback: true });
      }),
    ),
  'timeout with a value': (next) =>
    next
      .handle()
      .pipe(timeout({ each: 40, with: () => of({ fallback: true }) })),
  race: (next) =>
    race(next.handle(), timer(40).pipe(map(() => ({ fallback: true })))),

  // --- let the stream be ---
  'until it has left': (next) =>
    next.handle().pipe(
      mergeMap(async () => {
        const [connection] = connections;
        await until(() => connection!.signal.aborted, 'it has left');
      }),
    ),
  envelope: (next) => next.handle().pipe(map((data) => ({ data }))),
  'envelope with null': (next) =>
    next
      .handle()
      .pipe(map((data: unknown) => ({ success: true, data: data ?? null }))),
  'envelope later': (next) =>
    next.handle().pipe(concatMap((data) => later({ data }))),
  'after an await': async (next, response) => {
    const data: unknown = await lastValueFrom(next.handle());
    await sleep(5);
    response.header('x-late', 'yes');
    return of({ data });
  },
  first: (next) =>
    next.handle().pipe(
      first(),
      map((data) => ({ data })),
    ),
  firstValueFrom: (next) => from(firstValueFrom(next.handle())),
  'several values': (next) => concat(next.handle(), of(1, 2)),
  'a value before': (next) => next.handle().pipe(startWith('early')),
  retry: (next) => next.handle().pipe(retry(1)),
  'retry after a tap': (next) =>
    next.handle().pipe(
      tap(() => {
        if (failures++ === 0) throw new Error('of the tap');
      }),
      retry(1),
    ),
};

class StepInterceptor implements NestInterceptor {
  async intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const { query } = http.getRequest<{ query: { step?: string } }>();
    const response = http.getResponse<HeaderSetter>();
    const step = STEPS[query.step ?? ''];
    return (await step?.(next, response)) as Observable<unknown>;
  }
}

/** As filters do that ask something before they answer. */
@Catch()
class AsyncFilter implements ExceptionFilter {
  constructor(private readonly adapter: AbstractHttpAdapter) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    await sleep(10);
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const response: unknown = host.switchToHttp().getResponse();
    this.adapter.reply(response, { filtered: status }, status);
  }
}

let connections: SseConnection[] = [];

@Controller()
class StepsController {
  @SseStream('stream')
  stream(@SseConn() connection: SseConnection) {
    connections.push(connection);
    return of('one', 'two');
  }

  @SseStream('slow')
  async slow(@SseConn() connection: SseConnection) {
    connections.push(connection);
    await new Promise((resolve) =>
      connection.signal.addEventListener('abort', resolve),
    );
    return of('never seen');
  }

  @SseStream('failing')
  failing(@SseConn() connection: SseConnection): Observable<unknown> {
    connections.push(connection);
    if (connections.length === 1) throw new Error('of the handler');
    return of('one', 'two');
  }

  @Get('plain/stream')
  plain() {
    return {};
  }

  @Get('plain/slow')
  async plainSlow() {
    await new Promise(() => undefined);
  }

  @Get('plain/failing')
  plainFailing() {
    throw new Error('of the handler');
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [StepsController] })
class AppModule {}

describe.each(ALL_PLATFORMS)(
  'interceptors of an application on %s',
  (platform) => {
    let application: TestApplication;

    beforeAll(async () => {
      application = await startApplication(platform, AppModule, {
        configure: (app: INestApplication) => {
          app.useGlobalInterceptors(new StepInterceptor());
          app.useGlobalFilters(new AsyncFilter(app.getHttpAdapter() as never));
        },
      });
    });

    beforeEach(() => {
      connections = [];
      failures = 0;
    });

    afterEach(() => untilNothingIsLeft(application));

    afterAll(() => application.close());

    const open = (path: string, step: string) =>
      application.open(`/${path}?step=${encodeURIComponent(step)}`);

    it.each([
      ['stream', 'refuse', 403],
      ['stream', 'tap', 403],
      ['stream', 'refuse later', 403],
      ['stream', 'refuse after an await', 403],
      ['stream', 'refuse before', 403],
      ['slow', 'timeout', 408],
      ['stream', 'nothing', 500],
    ])(
      'W7 what they refuse has the status of the filter, as on a plain route: /%s, %s',
      async (path, step, status) => {
        const client = await open(path, step);
        await client.untilClosed();
        const plain = await open(`plain/${path}`, step);
        await plain.untilClosed();
        expect(client.status).toBe(status);
        expect(client.raw).toBe(`{"filtered":${status}}`);
        expect([client.status, client.raw]).toEqual([plain.status, plain.raw]);
      },
    );

    it.each([
      ['stream', 'maintenance'],
      ['stream', 'maintenance later'],
      ['stream', 'text'],
      ['failing', 'fallback'],
      ['stream', 'fallback after a tap'],
      ['stream', 'fallback with a status'],
      ['slow', 'timeout with a value'],
      ['slow', 'race'],
    ])(
      'W7 what they answer in place of the stream is the body, as on a plain route: /%s, %s',
      async (path, step) => {
        const client = await open(path, step);
        await client.untilClosed();
        const plain = await open(`plain/${path}`, step);
        await plain.untilClosed();
        expect(client.raw).toMatch(/maintenance|fallback/);
        expect([client.status, client.raw]).toEqual([plain.status, plain.raw]);
        const type = 'content-type';
        expect(client.headers[type]).toBe(plain.headers[type]);
      },
    );

    it.each([
      ['stream', 'envelope'],
      ['stream', 'envelope with null'],
      ['stream', 'envelope later'],
      ['stream', 'after an await'],
      ['stream', 'first'],
      ['stream', 'firstValueFrom'],
      ['stream', 'several values'],
      ['stream', 'a value before'],
      ['failing', 'retry'],
      ['stream', 'retry after a tap'],
    ])(
      'W6 what they make of the one value leaves the stream as it is: /%s, %s',
      async (path, step) => {
        const client = await open(path, step);
        await client.untilClosed();
        expect(client.status).toBe(200);
        expect(client.types).toEqual([
          'stream-open',
          'message',
          'message',
          'stream-end',
        ]);
        expect(client.isComplete).toBe(true);
        const isLate = step === 'after an await';
        expect(client.headers['x-late']).toBe(isLate ? 'yes' : undefined);
      },
    );
  },
);

describe.each(PLATFORMS)(
  'interceptors that hold a stream on %s',
  (platform) => {
    let application: TestApplication;

    beforeEach(async () => {
      connections = [];
      application = await startApplication(platform, AppModule, {
        configure: (app: INestApplication) => {
          app.useGlobalInterceptors(new StepInterceptor());
        },
      });
    });

    afterEach(() => application.close());

    it.each(['slow', 'stream'])(
      'W7 a client that leaves while they or the handler of /%s are at work leaves nothing behind',
      async (path) => {
        const client = await RawSocket.connect(application.url);
        client.request(
          `/${path}?step=${encodeURIComponent('until it has left')}`,
        );
        await until(() => connections.length > 0, 'the handler is called');
        client.socket.destroy();
        await untilNothingIsLeft(application);
      },
    );
  },
);

async function untilNothingIsLeft(application: TestApplication): Promise<void> {
  const held = streamsOf(application);
  await until(
    () => held.isEmpty && held.plingeringCount === 0,
    'no stream is left',
  );
  await until(
    () => connections.every(({ signal }) => signal.aborted),
    'all handlers know',
  );
}
