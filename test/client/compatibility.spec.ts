import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createEventSource } from 'eventsource-client';
import EventSource2 from 'eventsource-2';
import { EventSource as EventSource3 } from 'eventsource-3';
import { EventSource as EventSource4 } from 'eventsource-4';
import { EventSource as EventSource5 } from 'eventsource-5';
import { EventStream } from 'nestjs-event-stream-client';
import {
  itWorksWithOurServer,
  type KnownClient,
  type OpenedClient,
} from '../support/compatibility/scenarios.js';
import { CompatibilityServer } from '../support/compatibility/server.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

/** What all classes like EventSource have in common. */
interface EventSourceLike {
  readonly readyState: number;
  onerror: unknown;
  addEventListener(
    type: string,
    listener: (event: { data: string }) => void,
  ): void;
  close(): void;
}

function openSource(source: EventSourceLike): OpenedClient {
  const prices: string[] = [];
  let liveCount = 0;
  source.onerror = () => undefined;
  source.addEventListener('price', ({ data }) => prices.push(data));
  source.addEventListener('stream-live', () => liveCount++);
  return {
    prices: () => prices,
    liveCount: () => liveCount,
    isClosed: () => source.readyState === 2,
    close: () => source.close(),
  };
}

const CLIENTS: readonly KnownClient[] = [
  {
    name: 'our own client, as an EventSource',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'never asks',
    afterForbidden: 'stops',
    open: async (url) =>
      openSource(new EventStream(url, { retry: { baseMs: 1 } })),
  },
  ...[EventSource2, EventSource3, EventSource4, EventSource5].map(
    (Source: new (url: string) => EventSourceLike, index): KnownClient => ({
      name: `eventsource ${index + 2}`,
      afterCut: 'resumes',
      afterResponse: 'resumes',
      afterEnd: 'stops',
      afterForbidden: 'stops',
      open: async (url) => openSource(new Source(url)),
    }),
  ),
  {
    name: 'eventsource-client',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'stops',
    afterForbidden: 'asks again and again',
    open: async (url) => {
      const prices: string[] = [];
      let liveCount = 0;
      const source = createEventSource({
        url,
        onMessage: ({ event, data }) => {
          if (event === 'price') prices.push(data);
          if (event === 'stream-live') liveCount++;
        },
      });
      return {
        prices: () => prices,
        liveCount: () => liveCount,
        isClosed: () => source.readyState === 'closed',
        close: () => source.close(),
      };
    },
  },
];

describe.each(PLATFORMS)('the server on %s', (platform) => {
  describe.each(CLIENTS)('with $name', (client) => {
    itWorksWithOurServer(platform, client);
  });

  describe('with curl -N', () => {
    let server: CompatibilityServer;

    beforeEach(async () => {
      server = await CompatibilityServer.start(platform);
    });

    afterEach(() => server.close());

    /** Starts curl, and gives what it prints. */
    function curl(path: string, ...options: string[]) {
      const child = spawn(
        process.env['CURL_PATH'] ?? 'curl',
        ['-N', '-s', '-i', ...options, server.url + path],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const output = { text: '', exited: once(child, 'exit'), child };
      child.stdout.on('data', (text) => (output.text += String(text)));
      return output;
    }

    it('R2 shows events as they come, and goes on from an id by hand', async () => {
      const first = curl('/prices');
      await until(() => first.text.includes('stream-live'));
      await server.publish(1);
      await until(() => first.text.includes('data: 1\n'));
      server.cut();
      await first.exited;
      await server.publish(2);
      const id = /.*id: (\S+)/s.exec(first.text)![1];
      const second = curl('/prices', '-H', `Last-Event-ID: ${id}`);
      await until(() => second.text.includes('stream-live'));
      expect(second.text).toContain('data: 2\n');
      expect(second.text).not.toContain('data: 1\n');
      second.child.kill();
      await second.exited;
    });

    it('W5 ends with the stream, and shows a refusal', async () => {
      const finite = curl('/finite');
      await finite.exited;
      expect(finite.text).toContain('event: stream-end');
      const forbidden = curl('/forbidden');
      await forbidden.exited;
      expect(forbidden.text).toContain('403');
      expect(forbidden.text).toContain('Not yours.');
    });
  });
});
