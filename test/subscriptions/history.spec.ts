import {
  createSubscriptionController,
  EventBusService,
  type StreamTopicsData,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { untilCongested } from '../support/congestion.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

const KILOBYTES = 'x'.repeat(4_096);
const COUNT = 3_000;

const moduleOf = () =>
  appOf([createSubscriptionController({ path: 'live', guards: [] })]);

const topicsOf = (client: SseTestClient): StreamTopicsData[] =>
  client.blocks
    .filter(({ type }) => type === 'stream-topics')
    .map(({ data }) => JSON.parse(data!) as StreamTopicsData);

describe.each(PLATFORMS)(
  'the history of a topic that joins, on %s',
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;

    beforeAll(async () => {
      application = await startApplication(platform, moduleOf());
      bus = application.app.get(EventBusService);
    });

    const open = (topics: object[], lastEventId?: string) =>
      application.open('/live', {
        method: 'POST',
        body: JSON.stringify({ topics }),
        lastEventId,
      });

    async function change(body: object): Promise<void> {
      const response = await fetch(`${application.url}/live`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
    }

    it('S2 is read no faster than the client takes it, and changes meanwhile go through', async () => {
      const { id: since } = await bus.publish('long', 'known');
      await bus.publishMany(
        Array.from({ length: COUNT }, (_, index) => ({
          topic: 'long',
          event: `${index} ${KILOBYTES}`,
        })),
      );
      const client = await open([{ topic: 'other' }]);
      await client.untilType('stream-live');
      const { token } = topicsOf(client)[0]!;
      client.pause();
      await change({ token, subscribe: [{ topic: 'long', since }] });
      await untilCongested(application);
      // One that joins in the middle of it, one that leaves, and one that is published to.
      await change({
        token,
        subscribe: [{ topic: 'third' }],
        unsubscribe: ['other'],
      });
      await bus.publish('other', 'for nobody');
      await bus.publish('third', 'last');
      client.resume();
      await client.until(({ events }) => events.at(-1)?.data === 'last');

      const numbers = client.events
        .slice(0, -1)
        .map(({ data }) => parseInt(data!, 10));
      expect(numbers).toEqual(numbers.map((_, index) => index));
      expect(client.events).toHaveLength(COUNT + 1);
      expect(topicsOf(client).flatMap(({ replayed }) => replayed)).toEqual([
        { topic: 'long', replayed: COUNT },
      ]);
    });

    it('R3 is given up where the stream itself begins anew, and named', async () => {
      const { id: since } = await bus.publish('b', 'known');
      await bus.publish('b', 'b1');
      const client = await open(
        [{ topic: 'a' }, { topic: 'b', since }],
        'other.1',
      );
      await client.untilType('stream-live');
      await bus.publish('b', 'b2');
      await client.untilEvents(1);

      expect(client.types).toEqual([
        'stream-open',
        'stream-topics',
        'stream-reset',
        'stream-topics',
        'stream-live',
        'message',
      ]);
      expect(client.events.map(({ data }) => data)).toEqual(['b2']);
      expect(topicsOf(client)[1]!.replayed).toEqual([
        { topic: 'b', replayed: 0, gap: 'epoch' },
      ]);
    });
  },
);
