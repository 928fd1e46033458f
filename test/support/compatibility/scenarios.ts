import type { PlatformName } from '../platforms.js';
import { until } from '../until.js';
import { CompatibilityServer } from './server.js';

/** An opened stream of some client. */
export interface OpenedClient {
  /** The data of the events `price`, in order. */
  prices(): readonly string[];
  /** How often it said that it is up to date, by the event `stream-live`. */
  liveCount(): number;
  /** Whether it has given up; undefined where it does not say. */
  isClosed(): boolean | undefined | Promise<boolean | undefined>;
  close(): void | Promise<void>;
}

/** What a client is known to do, as `docs/clients.md` has it. */
export interface KnownClient {
  readonly name: string;
  /** After a connection that broke. */
  readonly afterCut: 'resumes' | 'gives up';
  /** After a response that ended, and was not the end of the stream. */
  readonly afterResponse: 'resumes' | 'gives up';
  /** What it does after the end: the 204 stops it, it does not even ask, or it asks without the cursor. */
  readonly afterEnd: 'stops' | 'never asks' | 'starts over';
  readonly afterForbidden: 'stops' | 'asks again and again';
  open(url: string): Promise<OpenedClient>;
}

/** The same for every client: cut, resume, reset, end, and two kinds of refusal. */
export function itWorksWithOurServer(
  platform: PlatformName,
  client: KnownClient,
): void {
  const opened = new Set<OpenedClient>();
  let server: CompatibilityServer | undefined;

  afterEach(async () => {
    for (const each of opened) await each.close();
    opened.clear();
    await server?.close();
    server = undefined;
  });

  async function open(url: string): Promise<OpenedClient> {
    const each = await client.open(url);
    opened.add(each);
    return each;
  }

  it.each([
    ['the connection breaks', client.afterCut, 'cut'],
    ['the response ends', client.afterResponse, 'endAll'],
  ] as const)(
    'R2 when %s, it %s, before the first event and after',
    async (_what, after, interrupt) => {
      server = await CompatibilityServer.start(platform);
      const each = await open(`${server.url}/prices`);
      await until(() => each.liveCount() === 1, 'the stream is live');
      if (after === 'gives up') {
        await server[interrupt]();
        await until(async () => (await each.isClosed()) === true, 'closed');
        return;
      }
      for (const round of [1, 2]) {
        await server[interrupt]();
        await server.publish(round * 10, round * 10 + 1);
        await until(() => each.prices().length >= round * 2, `round ${round}`);
        await until(() => each.liveCount() >= round + 1, 'it is live again');
      }
      await server.publish(30);
      await until(() => each.prices().length >= 5, 'the last price');
      expect(each.prices()).toEqual(['10', '11', '20', '21', '30']);
    },
  );

  it('R3 hears in time that it cannot resume, and is live all the same', async () => {
    server = await CompatibilityServer.start(platform);
    const each = await open(`${server.url}/prices?lastEventId=garbage`);
    await until(() => each.liveCount() === 1, 'the stream is live');
    await server.publish(1);
    await until(() => each.prices().length === 1, 'a price');
    expect(each.prices()).toEqual(['1']);
  });

  it(`W5 gets all of a stream that ends, and then ${client.afterEnd}`, async () => {
    server = await CompatibilityServer.start(platform);
    const each = await open(`${server.url}/finite`);
    await until(() => each.prices().length >= 3, 'all prices');
    switch (client.afterEnd) {
      case 'stops':
        await until(() => server!.count('/finite', 204) === 1, 'a 204');
        await until(async () => (await each.isClosed()) !== false, 'closed');
        expect(server.count('/finite', 204)).toBe(1);
        break;
      case 'never asks':
        await until(async () => (await each.isClosed()) !== false, 'closed');
        expect(server.count('/finite', 204)).toBe(0);
        break;
      case 'starts over':
        await until(() => each.prices().length >= 6, 'all prices again');
        return;
    }
    expect(each.prices()).toEqual(['1', '2', '3']);
  });

  it(`A1 is refused by 403, and then ${client.afterForbidden}`, async () => {
    server = await CompatibilityServer.start(platform);
    const each = await open(`${server.url}/forbidden`);
    const count = () => server!.count('/forbidden', 403);
    if (client.afterForbidden === 'stops') {
      await until(() => count() === 1, 'a 403');
      await until(async () => (await each.isClosed()) !== false, 'closed');
      expect(count()).toBe(1);
    } else {
      await until(() => count() >= 2, 'two times 403');
    }
  });

  it(`C3 ${client.afterResponse === 'resumes' ? 'comes in once there is room' : 'gives up'}, where the route refuses by retry`, async () => {
    server = await CompatibilityServer.start(platform, {
      limits: { total: 1 },
      refusal: 'retry',
    });
    const first = await open(`${server.url}/prices`);
    await until(() => first.liveCount() === 1, 'the first is in');
    const second = await open(`${server.url}/prices`);
    await until(() => server!.count('/prices', 200) >= 1, 'a refusal');
    if (client.afterResponse === 'gives up') {
      await until(async () => (await second.isClosed()) === true, 'closed');
      return;
    }
    await first.close();
    opened.delete(first);
    await until(() => second.liveCount() >= 1, 'the second is in');
  });
}
