import { Controller, Module, Param } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseModule,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@Controller()
class RoomsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('two/:name')
  two(@Param('name') name: string) {
    return this.bus.stream([`${name}.1`, `${name}.2`]);
  }
}

function moduleWith(log: EventLog): object {
  @Module({
    imports: [SseModule.forRoot({ log })],
    controllers: [RoomsController],
  })
  class AppModule {}
  return AppModule;
}

describe.each(PLATFORMS)('streams of topics that end on %s', (platform) => {
  const applications: TestApplication[] = [];
  let log: EventLog;
  let application: TestApplication;
  let bus: EventBusService;

  const start = async (one: PlatformName): Promise<TestApplication> => {
    const started = await startApplication(one, moduleWith(log));
    applications.push(started);
    return started;
  };

  beforeEach(async () => {
    log = memoryEventLog({ maxEvents: 20 });
    application = await start(platform);
    bus = application.app.get(EventBusService);
  });

  afterEach(async () => {
    for (const one of applications.splice(0)) await one.close();
  });

  const open = async (
    path: string,
    lastEventId?: string,
    { open: from } = application,
  ): Promise<SseTestClient> => {
    const client = await from(path, { lastEventId });
    await client.untilType('stream-live');
    return client;
  };

  it('W5 tells all clients of one place the same, whenever and on whichever node they connected', async () => {
    const early = await open('/two/a');
    await bus.publish('a.1', 'first');
    await bus.end('a.1');
    const { id } = await bus.publish('a.2', 'here');
    const fresh = await open('/two/a');
    const resumed = await open('/two/a', id);
    const elsewhere = await open('/two/a', id, await start(platform));
    const freshElsewhere = await open(
      '/two/a',
      undefined,
      await start(platform),
    );

    await bus.end('a.2');
    const ids = new Set<string | undefined>();
    for (const client of [early, fresh, resumed, elsewhere, freshElsewhere])
      ids.add((await client.untilType('stream-end')).id);
    expect(ids.size).toBe(1);
    // One that had gone meanwhile is told when it comes back, from the place of the others.
    const late = await application.open('/two/a', { lastEventId: id });
    expect((await late.untilType('stream-end')).id).toBe([...ids][0]);
  });

  it('W5 tells all clients the same of a topic that goes on after its end', async () => {
    const early = await open('/two/b');
    await bus.end('b.1');
    const { id } = await bus.publish('b.1', 'goes on');
    const clients = [early, await open('/two/b'), await open('/two/b', id)];

    await bus.end('b.2');
    await bus.publish('b.1', 'and on');
    for (const client of clients) {
      await client.until(({ events }) => events.at(-1)?.data === 'and on');
      expect(client.types).not.toContain('stream-end');
    }
    await bus.end('b.1');
    for (const client of clients) await client.untilType('stream-end');
  });

  it('W5 R2 tells a client that comes back of an end that the topics have gone on after', async () => {
    const early = await open('/two/c');
    await bus.end('c.1');
    const { id } = await bus.publish('c.2', 'here');
    await bus.end('c.2');
    const end = await early.untilType('stream-end');
    await bus.publish('c.1', 'goes on');

    const late = await application.open('/two/c', { lastEventId: id });
    expect((await late.untilType('stream-end')).id).toBe(end.id);
  });

  it('R6 W5 a transient event does not make an ended topic go on', async () => {
    const client = await open('/two/d');
    await bus.end('d.1');
    await bus.publish('d.1', 'only live', { transient: true });
    await bus.end('d.2');
    await client.untilType('stream-end');
  });

  it('W5 remembers ends whose records were trimmed', async () => {
    await bus.end('e.1');
    for (let count = 0; count < 50; count++) await bus.publish('other', count);
    const client = await open('/two/e');
    await bus.end('e.2');
    await client.untilType('stream-end');
  });
});
