import { setImmediate as turn } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { beside } from '../support/beside.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

const CLIENTS = 200;
const EVENTS = 1_500;
/** Connections that each client has before its last one. */
const DROPS = 3;

@Controller()
class NumbersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('numbers')
  numbers() {
    return this.bus.stream('numbers');
  }
}

const moduleWith = (fastPath: boolean) =>
  appOf([NumbersController], {
    fastPath,
    log: memoryEventLog({ maxEvents: EVENTS + 10 }),
  });

/** Whole blocks only: what a client that was cut in mid-frame may act on. */
const numbersOf = (client: SseTestClient): number[] =>
  client.events.map(({ data }) => Number(data));

async function follow(application: TestApplication): Promise<number[]> {
  const seen: number[] = [];
  let lastEventId: string | undefined;
  for (let drop = 0; ; drop++) {
    const client = await application.open('/numbers', { lastEventId });
    await client.untilType('stream-live');
    const goal = seen.length + 1 + Math.floor(Math.random() * (EVENTS / DROPS));
    const isLast = drop === DROPS;
    await client.until(
      ({ events }) =>
        seen.length + events.length >=
        (isLast ? EVENTS : Math.min(goal, EVENTS)),
      `${goal} events`,
    );
    client.close();
    expect(client.types).not.toContain('stream-reset');
    seen.push(...numbersOf(client));
    lastEventId = client.lastId;
    if (isLast || seen.length >= EVENTS) return seen;
  }
}

/** Ten in each turn, none of which waits for the one before. */
async function publishAll(bus: EventBusService): Promise<void> {
  for (let from = 0; from < EVENTS; from += 10) {
    const ten = Array.from({ length: 10 }, (_, index) =>
      bus.publish('numbers', from + index),
    );
    await Promise.all([...ten, turn()]);
  }
}

describe.each(PLATFORMS)('races on %s', (platform) => {
  it.each([true, false])(
    'R2 gives every event once and in order to 200 clients that drop and resume, with fastPath %s',
    async (fastPath) => {
      const application = await startApplication(
        platform,
        moduleWith(fastPath),
      );
      const bus = application.app.get(EventBusService);
      const followers = beside(
        Promise.all(Array.from({ length: CLIENTS }, () => follow(application))),
      );
      // All of them are there before the first event, so that each has to see the whole sequence.
      const connections = application.app.get(SseConnections);
      await until(async () => (await connections.count()) === CLIENTS);
      const publishing = beside(publishAll(bus));

      const sequences = await followers;
      await publishing;
      const expected = Array.from({ length: EVENTS }, (_, number) => number);
      for (const sequence of sequences) expect(sequence).toEqual(expected);
      await until(async () => (await connections.count()) === 0);
    },
  );
});
