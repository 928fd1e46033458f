import {
  Controller,
  ForbiddenException,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { catchError, map, mergeMap, of, type Observable } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

abstract class SuffixInterceptor implements NestInterceptor {
  protected abstract readonly suffix: string;

  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next
      .handle()
      .pipe(
        map((value: unknown) =>
          typeof value === 'string' ? value + this.suffix : value,
        ),
      );
  }
}

@Injectable()
class AppendA extends SuffixInterceptor {
  protected readonly suffix = 'a';
}

@Injectable()
class AppendB extends SuffixInterceptor {
  protected readonly suffix = 'b';
}

class MapDataInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next
      .handle()
      .pipe(
        map((event: { data: number }) => ({ ...event, data: event.data * 10 })),
      );
  }
}

class RecoverInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(catchError(() => of('recovered')));
  }
}

class CachedInterceptor implements NestInterceptor {
  intercept(): Observable<unknown> {
    return of('cached');
  }
}

class RefuseInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(
      mergeMap(() => {
        throw new ForbiddenException('By the interceptor');
      }),
    );
  }
}

const handled: string[] = [];

@Controller()
class InterceptedController {
  constructor(private readonly bus: EventBusService) {}

  @UseInterceptors(AppendA, AppendB)
  @SseStream('above')
  *above() {
    yield 'x';
  }

  @SseStream('below')
  @UseInterceptors(AppendA, AppendB)
  *below() {
    yield 'x';
  }

  @UseInterceptors(AppendA)
  @SseStream('both')
  @UseInterceptors(new AppendB())
  async *both() {
    yield 'x';
    yield 'y';
  }

  @SseStream('bus')
  @UseInterceptors(MapDataInterceptor)
  ofBus() {
    return this.bus.stream('numbers');
  }

  @SseStream('recover')
  @UseInterceptors(RecoverInterceptor)
  recover(): Observable<unknown> {
    throw new Error('in the handler');
  }

  @SseStream('cached')
  @UseInterceptors(CachedInterceptor)
  *cached() {
    handled.push('cached');
    yield 'never';
  }

  @SseStream('refuse')
  @UseInterceptors(RefuseInterceptor)
  refuse() {
    return of('never');
  }
}

const AppModule = appOf([InterceptedController]);

describe.each(ALL_PLATFORMS)("a method's interceptors on %s", (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  // As in Nest: the last interceptor of a method is nearest to the handler.
  it.each([
    ['above', ['xba']],
    ['below', ['xba']],
    ['both', ['xab', 'yab']],
  ])(
    'W6 see every value, with @UseInterceptors() %s @SseStream()',
    async (path, expected) => {
      const client = await application.open(`/${path}`);
      await client.untilType('stream-end');
      expect(client.events.map(({ data }) => data)).toEqual(expected);
    },
  );

  it('W6 map events of the bus, which keep their ids and resume', async () => {
    const bus = application.app.get(EventBusService);
    const client = await application.open('/bus');
    await client.untilType('stream-live');
    const { id } = await bus.publish('numbers', 1);
    await client.untilEvents(1);
    expect(client.events[0]).toMatchObject({ id, data: '10' });
    client.close();
    await bus.publish('numbers', 2);
    const again = await application.open('/bus', { lastEventId: id });
    await again.untilEvents(1);
    expect(again.events.map(({ data }) => data)).toEqual(['20']);
  });

  it('W6 may recover from a handler that throws', async () => {
    const client = await application.open('/recover');
    await client.untilType('stream-end');
    expect(client.events.map(({ data }) => data)).toEqual(['recovered']);
  });

  it('W6 may answer in place of the handler', async () => {
    const client = await application.open('/cached');
    await client.untilType('stream-end');
    expect(client.events.map(({ data }) => data)).toEqual(['cached']);
    expect(handled).toEqual([]);
  });

  it('W6 may refuse with a real status', async () => {
    const client = await application.open('/refuse');
    await client.untilClosed();
    expect(client.status).toBe(403);
    expect(client.raw).toContain('By the interceptor');
  });
});
