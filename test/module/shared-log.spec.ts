import { Controller } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class NewsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }
}

// One log for all applications that are made of it, as in a test suite with an application for each test.
const AppModule = appOf([NewsController], { log: memoryEventLog() });

describe.each(PLATFORMS)(
  'applications with one memory log on %s',
  (platform) => {
    const start = (): Promise<TestApplication> =>
      startApplication(platform, AppModule);
    const publish = ({ app }: TestApplication, data: string) =>
      app.get(EventBusService).publish('news', data);

    it('B2 find it open and empty, one after the other', async () => {
      const first = await start();
      const { id } = await publish(first, 'of the first');
      await first.close();
      await expect(publish(first, 'late')).rejects.toMatchObject({
        code: 'PUBLISH_REJECTED',
      });

      const second = await start();
      const client = await second.open('/news', { lastEventId: id });
      await client.untilType('stream-live');
      await publish(second, 'of the second');
      expect((await client.untilEvents(1)).map(({ data }) => data)).toEqual([
        'of the second',
      ]);
      expect((await client.untilType('stream-reset')).data).toBe(
        '{"reason":"epoch"}',
      );
    });

    it('A4 obey a disconnect of one that has closed, which settles', async () => {
      const [first, second] = [await start(), await start()];
      const client = await second.open('/news');
      await client.untilType('stream-live');
      await first.app.close();
      await first.app.get(SseConnections).disconnect({ topic: 'news' });
      expect((await client.untilType('stream-error')).data).toContain(
        'DISCONNECTED',
      );
    });

    it('B1 share it, and do not close it under each other', async () => {
      const [first, second] = [await start(), await start()];
      const client = await second.open('/news');
      const { id } = await client.untilType('stream-live');
      await publish(first, 'before');
      await first.close();
      await publish(second, 'after');
      const expected = ['before', 'after'];
      expect((await client.untilEvents(2)).map(({ data }) => data)).toEqual(
        expected,
      );

      const again = await second.open('/news', { lastEventId: id });
      expect((await again.untilEvents(2)).map(({ data }) => data)).toEqual(
        expected,
      );
    });
  },
);
