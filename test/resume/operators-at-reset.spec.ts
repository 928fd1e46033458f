import { Controller, Module, Param } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseModule,
  SseStream,
  type StreamEvent,
} from 'nestjs-event-stream';
import {
  bufferCount,
  concatMap,
  debounceTime,
  from,
  map,
  merge,
  mergeMap,
  Subject,
  type Observable,
} from 'rxjs';
import { untilCongested } from '../support/congestion.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const KILOBYTES_64 = 'x'.repeat(64 * 1024);

let gate: Promise<void>;
let filler: Subject<string>;

/** Each of them holds the first event of the test until the gate opens, or until the next event. */
const HOLDING: Record<
  string,
  (events: Observable<StreamEvent>) => Observable<unknown>
> = {
  'a promise for each event': mergeMap(async (event) => {
    await gate;
    return event;
  }),
  'a promise for the data': mergeMap(async ({ data }) => {
    await gate;
    return data;
  }),
  'one after the other': concatMap((event) =>
    from(gate.then(() => ({ ...event, data: event.data }))),
  ),
  'a buffer': (events) =>
    events.pipe(
      map(({ data }) => data),
      bufferCount(2),
    ),
  'a debounce': (events) =>
    events.pipe(
      map(({ data }) => data),
      debounceTime(100),
    ),
};

@Controller()
class HoldingController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':name', { slowConsumer: { maxBufferedBytes: 32 * 1024 * 1024 } })
  watch(@Param('name') name: string) {
    const events = this.bus.stream('numbers', { snapshot: () => 'state' });
    return merge(HOLDING[name]!(events), filler);
  }
}

@Module({
  imports: [SseModule.forRoot({ log: memoryEventLog({ maxEvents: 5 }) })],
  controllers: [HoldingController],
})
class AppModule {}

describe.each(ALL_PLATFORMS)('operators at a reset on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeEach(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
    filler = new Subject();
  });

  afterEach(() => application.close());

  it.each(Object.keys(HOLDING))(
    'R3 let nothing of before it out after it: %s',
    async (name) => {
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      const client = await application.open(`/${encodeURIComponent(name)}`);
      await client.untilType('stream-live');
      client.pause();
      await bus.publish('numbers', 'old');
      // 8 MB in one turn: more than the buffers of a loopback connection take.
      for (let count = 0; count < 128; count++) filler.next(KILOBYTES_64);
      await untilCongested(application);
      for (let count = 0; count < 10; count++)
        await bus.publish('numbers', 'missed');
      client.resume();
      await client.untilType('stream-reset');
      await client.until(
        ({ types }) =>
          types.filter((type) => type === 'stream-live').length > 1,
      );
      open();
      await bus.publish('numbers', 'new 1');
      await bus.publish('numbers', 'new 2');
      await client.until(({ raw }) => raw.includes('new 2'));

      const reset = client.types.indexOf('stream-reset');
      const after = client.blocks
        .slice(reset)
        .map(({ data }) => data ?? '')
        .join();
      expect(after).toContain('state');
      expect(after).not.toContain('old');
      expect(after).not.toContain('missed');
    },
  );
});
