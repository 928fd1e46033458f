import { Controller, Module, Query } from '@nestjs/common';
import {
  EventBusService,
  pattern,
  SseModule,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class EventsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('many')
  many(@Query('topics') topics: string, @Query('patterns') patterns: string) {
    return this.bus.stream(namesOf(topics, patterns));
  }

  @SseStream('beside')
  beside(@Query('topics') topics: string) {
    return this.bus.stream(namesOf(topics, '0'), { live: true });
  }
}

function namesOf(topics: string, patterns: string) {
  return [
    ...Array.from({ length: Number(topics) }, (_, index) => `t.${index}`),
    ...Array.from({ length: Number(patterns) }, (_, index) =>
      pattern(`p${index}.*`),
    ),
  ];
}

function moduleWith(options: SseModuleOptions) {
  @Module({
    imports: [SseModule.forRoot(options)],
    controllers: [EventsController],
  })
  class AppModule {}
  return AppModule;
}

describe.each(PLATFORMS)('the topics of one stream on %s', (platform) => {
  let application: TestApplication;

  afterEach(() => application.close());

  const start = async (options: SseModuleOptions = {}): Promise<void> => {
    application = await startApplication(platform, moduleWith(options));
  };

  it.each([
    ['/many?topics=1001&patterns=0', 1001],
    ['/many?topics=0&patterns=8000', 8000],
    ['/many?topics=600&patterns=401', 1001],
    ['/beside?topics=1001', 1001],
  ])(
    'B8 are refused with 400 where they are too many: %s',
    async (path, count) => {
      await start();
      const response = await fetch(application.url + path);

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: 'TOO_MANY_TOPICS',
        message: expect.stringContaining(`${count} topics and patterns`),
      });
    },
  );

  it('R2 may be 1,000, which resume as one does', async () => {
    await start();
    const bus = application.app.get(EventBusService);
    const path = '/many?topics=999&patterns=1';
    const first = await application.open(path);
    const { id } = await first.untilType('stream-live');
    first.close();
    const missed = Array.from({ length: 1500 }, (_, index) => ({
      topic: `t.${(index * 7) % 999}`,
      event: index,
    }));
    await bus.publishMany(missed);
    await bus.publish('p0.x', 'by pattern');
    await bus.publish('p1.x', 'for nobody');

    const second = await application.open(path, { lastEventId: id });
    await second.untilType('stream-live');
    expect(second.events.map(({ data }) => data)).toEqual([
      ...missed.map(({ event }) => String(event)),
      'by pattern',
    ]);
  });

  it('B8 have the limit that the module is given', async () => {
    await start({ maxTopicsPerStream: 2 });
    const allowed = await application.open('/many?topics=1&patterns=1');
    await allowed.untilType('stream-live');
    const refused = await fetch(`${application.url}/many?topics=2&patterns=1`);

    expect(refused.status).toBe(400);
  });

  it('B8 are not counted in server code', async () => {
    await start({ maxTopicsPerStream: 2 });
    const bus = application.app.get(EventBusService);
    const seen: unknown[] = [];
    const subscription = bus
      .stream(['a', 'b', 'c'])
      .subscribe(({ data }) => seen.push(data));
    await bus.publish('c', 1);
    subscription.unsubscribe();

    expect(seen).toEqual([1]);
  });
});
