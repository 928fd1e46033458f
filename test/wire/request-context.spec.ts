import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Controller,
  Injectable,
  Scope,
  type INestApplication,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Inject } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { map } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

interface HeaderCarrier {
  readonly headers: Record<string, string | undefined>;
}

@Injectable({ scope: Scope.REQUEST })
class RequestName {
  constructor(@Inject(REQUEST) private readonly request: HeaderCarrier) {}

  get name(): string {
    return this.request.headers['x-name'] ?? 'nobody';
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(
    private readonly bus: EventBusService,
    private readonly request: RequestName,
  ) {}

  @SseStream('direct')
  direct() {
    return this.bus.stream('context', {
      map: ({ data }) => ({ data: `${String(data)} for ${this.request.name}` }),
    });
  }
}

/** What nestjs-cls is made of. */
const context = new AsyncLocalStorage<string>();

@Controller('context')
class ContextController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('option')
  option() {
    return this.bus.stream('context', {
      map: ({ data }) => ({ data: `${String(data)} for ${this.#name()}` }),
    });
  }

  @SseStream('operator')
  operator() {
    return this.bus
      .stream('context')
      .pipe(
        map(({ data }) => ({ data: `${String(data)} for ${this.#name()}` })),
      );
  }

  @SseStream('generator')
  async *generator() {
    yield `first for ${this.#name()}`;
    await new Promise((resolve) => setImmediate(resolve));
    yield `next for ${this.#name()}`;
  }

  #name(): string {
    return context.getStore() ?? 'nobody';
  }
}

const AppModule = appOf([ScopedController, ContextController], {}, [
  RequestName,
]);

interface EndableResponse {
  statusCode: number;
  end(text?: string): void;
}

function useMiddleware(app: INestApplication): void {
  app.use((request: HeaderCarrier, _: unknown, next: () => void) =>
    context.run(request.headers['x-name'] ?? 'nobody', next),
  );
  app.use(
    (
      request: HeaderCarrier & { url: string },
      response: EndableResponse,
      next: () => void,
    ) => {
      if (!request.url.includes('ended')) return next();
      response.statusCode = 403;
      response.end('by middleware');
      if (request.url.includes('and-next')) next();
    },
  );
}

describe.each(ALL_PLATFORMS)('the context of a request on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule, {
      configure: useMiddleware,
    });
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it.each(['/scoped/direct', '/context/option', '/context/operator'])(
    "W6 is the subscriber's own wherever the events come from: %s",
    async (path) => {
      const [ann, bob] = await Promise.all(
        ['ann', 'bob'].map((name) =>
          application.open(path, { headers: { 'x-name': name } }),
        ),
      );
      for (const client of [ann!, bob!]) await client.untilType('stream-live');
      await bus.publish('context', 'news');
      expect((await ann!.untilEvents(1))[0]!.data).toBe('news for ann');
      expect((await bob!.untilEvents(1))[0]!.data).toBe('news for bob');
    },
  );

  it('W6 lasts through a generator', async () => {
    const client = await application.open('/context/generator', {
      headers: { 'x-name': 'ann' },
    });
    await client.untilType('stream-end');
    expect(client.events.map(({ data }) => data)).toEqual([
      'first for ann',
      'next for ann',
    ]);
  });

  it.each(['/context/generator?ended', '/context/generator?ended-and-next'])(
    'W6 ends with middleware that answers by itself: %s',
    async (path) => {
      const client = await application.open(path);
      await client.untilClosed();
      expect(client.status).toBe(403);
      expect(client.raw).toBe('by middleware');
      const next = await application.open('/context/generator');
      expect(next.status).toBe(200);
    },
  );
});
