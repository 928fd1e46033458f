import { createServer, type ServerResponse } from 'node:http';
import { getEventMeta } from '@orpc/client';
import { IORedisPublisher } from '@orpc/experimental-publisher/ioredis';
import { Redis } from 'ioredis';
import type { Contestant } from './contestant.js';
import { listen } from './listen.js';

const EVENT = 'events';

interface Options {
  readonly url: string;
  /** How many events wait for one subscriber; the publisher's own default is 100. */
  readonly maxBufferedEvents?: number;
}

/**
 * oRPC's publisher as its guide shows it: what `subscribe({ signal, lastEventId })` gives is passed on one by one. Its
 * own handler encodes the same as events with their ids; that is done by hand here, so that no contract is needed.
 */
export async function start({
  url,
  maxBufferedEvents,
}: Options): Promise<Contestant> {
  const [commander, listener] = [new Redis(url), new Redis(url)];
  // Otherwise ioredis writes every lost connection to the console.
  for (const client of [commander, listener]) client.on('error', () => {});
  const publisher = new IORedisPublisher<Record<string, { key: string }>>({
    commander,
    listener,
    resumeRetentionSeconds: 600,
    ...(maxBufferedEvents !== undefined && { maxBufferedEvents }),
  });
  const server = createServer((request, response) => {
    const cursor = request.headers['last-event-id'];
    void stream(response, cursor === undefined ? undefined : String(cursor));
  });

  async function stream(
    response: ServerResponse,
    lastEventId: string | undefined,
  ): Promise<void> {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    const closed = new AbortController();
    response.on('close', () => closed.abort());
    const { signal } = closed;
    try {
      const events = publisher.subscribe(EVENT, { signal, lastEventId });
      for await (const event of events) {
        const id = getEventMeta(event)?.id;
        const idLine = id === undefined ? '' : `id: ${id}\n`;
        response.write(`${idLine}data: ${JSON.stringify(event)}\n\n`);
      }
    } catch {
      // The client has left, or Redis has: it comes back.
      response.destroy();
    }
  }

  return {
    port: await listen(server),
    path: '/',
    readyWhen: '',
    publish: () => undefined,
    calls: { publish: (key: string) => publisher.publish(EVENT, { key }) },
  };
}
