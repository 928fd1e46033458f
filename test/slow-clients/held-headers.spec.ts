import {
  Controller,
  Module,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { delayWhen, from, ReplaySubject, Subject, type Observable } from 'rxjs';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const LARGE = 'x'.repeat(64 * 1024);
/** 4 MB: four times what a client may have buffered. */
const COUNT = 64;

let rows: Subject<string>;
let gate: ReplaySubject<void>;
/** Whether the bound stream has its place in the log, before what is published from here on. */
let hasPlace: boolean;

/** Holds the headers back, as an interceptor does that waits for a database. */
class Holding implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(delayWhen(() => gate));
  }
}

@Controller()
@UseInterceptors(new Holding())
class HeldController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('own')
  own() {
    return rows;
  }

  @SseStream('bound')
  bound() {
    return this.bus.stream('rows', {
      snapshot: () => {
        hasPlace = true;
        return from(Array.from({ length: COUNT }, () => LARGE));
      },
    });
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [HeldController] })
class AppModule {}

describe.each(ALL_PLATFORMS)('headers that are held back on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeEach(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
    rows = new Subject();
    gate = new ReplaySubject();
    hasPlace = false;
  });

  afterEach(async () => {
    gate.next();
    await application.close();
  });

  it('S1 what a source emits meanwhile is bounded, and the stream ends once they leave', async () => {
    const opening = application.open('/own');
    await until(() => rows.observed);
    for (let count = 0; count < COUNT; count++) rows.next(LARGE);
    gate.next();
    const client = await opening;
    await client.untilClosed();
    expect(client.isComplete).toBe(true);
    expect(client.types).not.toContain('stream-end');
    const bytes = client.events.length * LARGE.length;
    expect(bytes).toBeGreaterThanOrEqual(1024 * 1024);
    expect(bytes).toBeLessThan(2 * 1024 * 1024);
    expect(rows.observed).toBe(false);
  });

  it('S1 R5 a snapshot arrives whole, and every event after it', async () => {
    const opening = application.open('/bound');
    await until(() => hasPlace);
    for (let count = 0; count < COUNT; count++)
      await bus.publish('rows', count);
    gate.next();
    const client = await opening;
    await client.untilEvents(2 * COUNT);
    expect(client.events.slice(COUNT).map(({ data }) => Number(data))).toEqual(
      Array.from({ length: COUNT }, (_, index) => index),
    );
  });
});
