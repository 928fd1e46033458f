import { Controller, Module } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { map } from 'rxjs';
import { beside } from '../support/beside.js';
import { untilCongested } from '../support/congestion.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

const KILOBYTES_16 = 'x'.repeat(16 * 1024);

let snapshotRuns: boolean;

@Controller()
class FarewellController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }

  @SseStream('operators')
  operators() {
    return this.bus.stream('news').pipe(map(({ data }) => data));
  }

  @SseStream('snapshot')
  snapshot() {
    return this.bus.stream('news', {
      snapshot: async function* () {
        yield 'row';
        snapshotRuns = true;
        await new Promise(() => undefined);
      },
    });
  }

  @SseStream('large-snapshot')
  largeSnapshot() {
    return this.bus.stream('news', {
      *snapshot() {
        for (;;) yield KILOBYTES_16;
      },
    });
  }

  @SseStream('generator')
  *generator() {
    for (;;) yield KILOBYTES_16;
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [FarewellController] })
class AppModule {}

describe.each(ALL_PLATFORMS)('farewells on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeEach(async () => {
    snapshotRuns = false;
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterEach(() => application.close());

  const publish = async (count: number): Promise<string> => {
    let id = '';
    for (let index = 0; index < count; index++)
      ({ id } = await bus.publish('news', `${index} ${KILOBYTES_16}`));
    return id;
  };

  /** Streams in a state in which they have more to send than their clients have taken. */
  const STATES: Record<string, () => Promise<SseTestClient>> = {
    'in mid-replay': async () => {
      const first = await publish(1);
      await publish(800);
      const client = await application.open('/news', { lastEventId: first });
      client.pause();
      await untilCongested(application);
      return client;
    },
    'in mid-replay behind operators': async () => {
      const first = await publish(1);
      await publish(800);
      const client = await application.open('/operators', {
        lastEventId: first,
      });
      client.pause();
      await untilCongested(application);
      return client;
    },
    'while its client is behind': async () => {
      const client = await application.open('/news');
      await client.untilType('stream-live');
      client.pause();
      await publish(800);
      await untilCongested(application);
      return client;
    },
    'while its snapshot runs': async () => {
      const client = await application.open('/snapshot');
      await until(() => snapshotRuns);
      return client;
    },
    'while its snapshot waits for the client': async () => {
      const client = await application.open('/large-snapshot');
      client.pause();
      await untilCongested(application);
      return client;
    },
    'while its generator waits for the client': async () => {
      const client = await application.open('/generator');
      client.pause();
      await untilCongested(application);
      return client;
    },
  };

  describe.each(Object.keys(STATES))('of a stream %s', (state) => {
    const disconnect = () =>
      application.app
        .get(SseConnections)
        .disconnect({ ip: '127.0.0.1' }, { reason: 'Goodbye' });

    it('A4 says why it was disconnected', async () => {
      const client = await STATES[state]!();
      await disconnect();
      client.resume();
      await client.untilClosed();
      expect(client.isComplete).toBe(true);
      expect(client.types.at(-1)).toBe('stream-error');
      expect(JSON.parse(client.blocks.at(-1)!.data!)).toMatchObject({
        code: 'DISCONNECTED',
        message: 'Goodbye',
      });
    });

    it('C5 says when to come back from a shutdown', async () => {
      const client = await STATES[state]!();
      const closing = beside(application.app.close());
      client.resume();
      await client.untilClosed();
      await closing;
      expect(client.isComplete).toBe(true);
      expect(client.blocks.at(-1)!.raw).toMatch(/^retry: \d+$/);
    });
  });

  it('A4 says so to a stream that opens at that moment', async () => {
    const first = await publish(1);
    await publish(100);
    const opening = application.open('/news', { lastEventId: first });
    const connections = application.app.get(SseConnections);
    await until(async () => (await connections.count()) === 1);
    await connections.disconnect({ topic: 'news' });
    const client = await opening;
    await client.untilClosed();
    expect(client.isComplete).toBe(true);
    expect(client.types.at(-1)).toBe('stream-error');
  });
});
