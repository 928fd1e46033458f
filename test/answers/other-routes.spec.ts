import {
  Controller,
  Get,
  Module,
  Post,
  Sse,
  UseInterceptors,
  type LoggerService,
  type MessageEvent,
} from '@nestjs/common';
import {
  EventBusService,
  SseModule,
  type StreamEvent,
} from 'nestjs-event-stream';
import { firstValueFrom, interval, map, merge, type Observable } from 'rxjs';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller()
class OtherController {
  waiting = 0;

  constructor(private readonly bus: EventBusService) {}

  @Get('get')
  get() {
    return this.bus.stream('news');
  }

  @Get('get-later')
  @UseInterceptors(PassThroughInterceptor)
  async getLater() {
    await Promise.resolve();
    return this.bus.stream('news').pipe(map(({ data }) => data));
  }

  @Sse('sse')
  sse() {
    return this.bus.stream('news');
  }

  @Sse('sse-merged')
  sseMerged(): Observable<MessageEvent> {
    const news = this.bus.stream('news');
    return merge(news, interval(60_000)).pipe(
      map((event) => ({ data: String(event) })),
    );
  }

  @Sse('sse-live')
  sseLive(): Observable<MessageEvent> {
    this.waiting++;
    return this.bus
      .stream('news', { live: true })
      .pipe(map(({ data }: StreamEvent) => ({ data: String(data) })));
  }

  // A handler that waits for an event is server code.
  @Post('wait')
  async wait() {
    this.waiting++;
    const { data } = await firstValueFrom(this.bus.stream('news'));
    return { data };
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [OtherController] })
class AppModule {}

describe.each(PLATFORMS)(
  'routes that are no @SseStream() on %s',
  (platform) => {
    let application: TestApplication;
    const logged: unknown[] = [];
    const logger: LoggerService = {
      log: () => undefined,
      warn: () => undefined,
      error: (...values: unknown[]) => void logged.push(...values),
    };

    beforeAll(async () => {
      application = await startApplication(platform, AppModule);
      application.app.useLogger(logger);
    });

    beforeEach(() => {
      logged.length = 0;
      application.app.get(OtherController).waiting = 0;
    });

    afterAll(() => application.close());

    it.each(['get', 'get-later', 'sse', 'sse-merged'])(
      'W7 that return a bus stream are told what to do instead of hanging: /%s',
      async (path) => {
        const client = await application.open(`/${path}`);
        await client.untilClosed();
        expect(client.status).toBe(500);
        expect(logged.map(String).join('\n')).toMatch(
          /no @SseStream\(\) route returned bus\.stream\(\) of news\. Decorate it with @SseStream\(\)/,
        );
      },
    );

    it('W7 may send live events by { live: true }, and wait for an event', async () => {
      const controller = application.app.get(OtherController);
      const live = application.open('/sse-live');
      const waiting = application.open('/wait', { method: 'POST', body: '{}' });
      await until(() => controller.waiting === 2, 'both listen');
      await application.app.get(EventBusService).publish('news', 'hello');
      const client = await live;
      await client.untilEvents(1);
      expect(client.events[0]!.data).toBe('hello');
      const answer = await waiting;
      await answer.untilClosed();
      expect(answer.raw).toBe('{"data":"hello"}');
      client.close();
    });
  },
);
