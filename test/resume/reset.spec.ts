import { Controller, Query } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@Controller()
class TopicsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('topic')
  watch(@Query('name') name: string) {
    return this.bus.stream(name);
  }

  @SseStream('recent')
  recent() {
    return this.bus.stream('recent', { replay: { maxAgeMs: 0 } });
  }

  @SseStream('never')
  never() {
    return this.bus.stream('never', { replay: false });
  }
}

/** A memory log that counts what it is asked for. */
function countingLog(): { log: EventLog; reads: number } {
  const log = memoryEventLog({ perPattern: { 'small.*': { maxEvents: 3 } } });
  const counted = { log, reads: 0 };
  const read = log.read.bind(log);
  log.read = (query) => {
    counted.reads++;
    return read(query);
  };
  return counted;
}

describe.each(PLATFORMS)(
  'a cursor that cannot be served, on %s',
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;
    let counted: ReturnType<typeof countingLog>;

    beforeAll(async () => {
      counted = countingLog();
      const AppModule = appOf([TopicsController], { log: counted.log });
      application = await startApplication(platform, AppModule);
      bus = application.app.get(EventBusService);
    });

    afterAll(() => application.close());

    const open = (name: string, lastEventId?: string): Promise<SseTestClient> =>
      application.open(`/topic?name=${name}`, { lastEventId });

    async function epochOf(): Promise<string> {
      const { id } = await bus.publish('epoch', 1);
      return id.split('.')[0]!;
    }

    /** Exactly one reset, without an id, then live from here on. */
    async function expectReset(
      client: SseTestClient,
      reason: string,
    ): Promise<void> {
      const live = await client.untilType('stream-live');
      expect(client.types).toEqual([
        'stream-open',
        'stream-reset',
        'stream-live',
      ]);
      const [, reset] = client.blocks;
      expect(reset).toMatchObject({
        data: JSON.stringify({ reason }),
        id: undefined,
      });
      expect(live.data).toBe('{"replayed":0}');
      expect(live.id).toMatch(/^[\w-]+\.\d+$/);
    }

    it.each([
      ['no cursor', 'hello', 'malformed'],
      ['__proto__', '__proto__', 'malformed'],
      ['__proto__ in its parts', '__proto__.__proto__', 'epoch'],
      ['another epoch', 'another.1', 'epoch'],
      ['almost as much as a header may hold', 'x'.repeat(12_000), 'malformed'],
      ['latin characters', 'épöch.1', 'malformed'],
    ])('R3 resets a client that comes with %s', async (_what, id, reason) => {
      const before = counted.reads;
      const client = await open('hostile', id);
      await expectReset(client, reason);
      expect(counted.reads).toBe(before);
      client.close();
    });

    it.each([
      ['negative', '-1', 'malformed'],
      ['enormous', '9'.repeat(40), 'malformed'],
      ['in exponents', '1e5', 'malformed'],
      ['ahead of the log', '999999999', 'ahead'],
    ])(
      'R3 resets a client whose offset is %s',
      async (_what, offset, reason) => {
        const client = await open('hostile', `${await epochOf()}.${offset}`);
        await expectReset(client, reason);
        client.close();
      },
    );

    it.each([
      ['control characters', '%00%01%1f'],
      ['line breaks', 'a.1%0Adata:%20forged%0A%0A'],
      ['unicode', '%F0%9F%92%A9.1'],
      ['broken encoding', '%E0%A4%A'],
    ])(
      'R3 resets a client with %s in its query, and repeats none of it',
      async (_what, text) => {
        const client = await application.open(
          `/topic?name=hostile&lastEventId=${text}`,
        );
        await expectReset(client, 'malformed');
        expect(client.raw).not.toContain('forged');
        client.close();
      },
    );

    it('R3 resets a client whose events the log has dropped, and again if it is cut right after', async () => {
      const first = await open('small.1');
      const { id } = await first.untilType('stream-live');
      first.close();
      for (let data = 0; data < 5; data++) await bus.publish('small.1', data);

      for (let time = 0; time < 2; time++) {
        const client = await open('small.1', id);
        await expectReset(client, 'truncated');
        client.close();
      }
    });

    it('R8 resets a client that missed an event older than the route replays', async () => {
      const first = await application.open('/recent');
      const { id } = await first.untilType('stream-live');
      first.close();
      await bus.publish('recent', 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      const client = await application.open('/recent', { lastEventId: id });
      await expectReset(client, 'max-age');
      await bus.publish('recent', 2);

      expect((await client.untilEvents(1))[0]!.data).toBe('2');
      client.close();
    });

    it('R8 starts everybody at the newest event, without ids, where nothing is replayed', async () => {
      const { id } = await bus.publish('never', 1);
      const client = await application.open('/never', { lastEventId: id });
      await client.untilType('stream-live');
      await bus.publish('never', 2);
      await client.untilEvents(1);

      expect(client.types).toEqual(['stream-open', 'stream-live', 'message']);
      expect(client.lastId).toBeUndefined();
      client.close();
    });
  },
);
