import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { Controller, Header } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { NEVER, Observable, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { atEnd } from '../support/at-end.js';
import { streamsOf, type HeldStreams } from '../support/internals.js';
import {
  startApplication,
  TLS_PLATFORMS,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const LONG = 'x'.repeat(2_000);

let unsubscribed = 0;

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }

  @SseStream('finite')
  finite() {
    return of('first', LONG, 'last');
  }

  @SseStream('compressed', { compression: { minBytes: 0 } })
  compressed() {
    return of('first', LONG, 'last');
  }

  @SseStream('endless')
  endless() {
    return new Observable((subscriber) => {
      subscriber.next('first');
      return () => unsubscribed++;
    });
  }

  /** As many examples of other servers tell to. */
  @SseStream('of-http-1')
  @Header('Connection', 'keep-alive')
  @Header('Keep-Alive', 'timeout=5')
  ofHttp1() {
    return NEVER;
  }
}

const AppModule = appOf([StreamsController]);

function setHeadersOfHttp1(
  _request: unknown,
  response: { setHeader(name: string, value: string): void },
  next: () => void,
): void {
  response.setHeader('proxy-connection', 'keep-alive');
  next();
}

describe.each(TLS_PLATFORMS)('streams on $platform by $tls over TLS', (way) => {
  const isHttp2 = way.tls === 'h2';
  const sockets: Socket[] = [];
  let application: TestApplication;
  let bus: EventBusService;
  let held: HeldStreams;

  beforeAll(async () => {
    application = await startApplication(way.platform, AppModule, {
      ...way,
      configure: (app) => {
        const server = app.getHttpServer() as Server;
        server.on('secureConnection', (socket) => void sockets.push(socket));
        app.use('/of-http-1', setHeadersOfHttp1);
      },
    });
    bus = application.app.get(EventBusService);
    held = streamsOf(application);
  });

  beforeEach(() => {
    // Comes after the end of the clients that the test is going to open.
    atEnd('the streams', () => until(() => held.isEmpty));
  });

  afterAll(() => application.close());

  it.each(['/news', '/of-http-1'])(
    'W2 name what belongs to a connection on HTTP/1.1 only: %s',
    async (path) => {
      const client = await application.open(path);
      await client.untilType('stream-open');
      client.close();

      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      const { connection, 'transfer-encoding': coding } = client.headers;
      expect(connection !== undefined).toBe(!isHttp2);
      expect(coding).toBe(isHttp2 ? undefined : 'chunked');
      expect(isHttp2 && 'keep-alive' in client.headers).toBe(false);
    },
  );

  it('W1 R1 deliver what is published, and R2 replay exactly what was missed after a cut', async () => {
    const first = await application.open('/news');
    await first.untilType('stream-live');
    await bus.publish('news', 'one\ntwo é \u{1F4C8}');
    const [seen] = await first.untilEvents(1);
    expect(first.types).toEqual(['stream-open', 'stream-live', 'message']);
    expect(seen!.data).toBe('one\ntwo é \u{1F4C8}');

    first.close();
    await bus.publish('news', 2);
    await bus.publish('news', 3);
    const second = await application.open('/news', { lastEventId: seen!.id });
    await second.untilType('stream-live');
    await bus.publish('news', 4);
    await second.untilEvents(3);
    expect(second.types.slice(0, 4)).toEqual([
      'stream-open',
      'message',
      'message',
      'stream-live',
    ]);
    expect(second.events.map(({ data }) => data)).toEqual(['2', '3', '4']);
    second.close();
  });

  it('W5 end with stream-end, after which a client stays away', async () => {
    const client = await application.open('/finite');
    await client.untilClosed();
    expect(client.isComplete).toBe(true);
    expect(client.events.map(({ data }) => data)).toEqual([
      'first',
      LONG,
      'last',
    ]);
    expect(client.types.at(-1)).toBe('stream-end');

    const again = await application.open('/finite', {
      lastEventId: client.lastId,
    });
    await again.untilClosed();
    expect(again.status).toBe(204);
  });

  it('W6 are one whole gzip stream where compression is on', async () => {
    const client = await application.open('/compressed', {
      headers: { 'accept-encoding': 'gzip' },
      encoding: 'latin1',
    });
    await client.untilClosed();
    expect(client.headers['content-encoding']).toBe('gzip');
    expect(client.isComplete).toBe(true);
    const text = gunzipSync(Buffer.from(client.raw, 'latin1')).toString();
    expect(text).toContain(`data: first\n\ndata: ${LONG}\n\ndata: last\n\n`);
    expect(text).toContain('event: stream-end\n');
  });

  it('C2 are torn down once when the client leaves', async () => {
    const before = unsubscribed;
    const client = await application.open('/endless');
    await client.untilEvents(1);
    client.close();
    await until(() => unsubscribed > before);
    const marker = await application.open('/endless');
    await marker.untilEvents(1);
    expect(unsubscribed).toBe(before + 1);
    marker.close();
  });

  it('W1 go to the socket as ready-made chunks, on HTTP/1.1 only', async () => {
    const client = await application.open('/news');
    await client.untilType('stream-live');
    const write = jest.spyOn(sockets.at(-1)!, 'write');
    const { id } = await bus.publish('news', 'in one piece');
    await client.untilEvents(1);

    const block = `id: ${id}\ndata: in one piece\n\n`;
    const chunk = `${block.length.toString(16)}\r\n${block}\r\n`;
    const written = write.mock.calls.map(([bytes]) => String(bytes));
    expect(written).toEqual(isHttp2 ? [] : [chunk]);
    client.close();
  });
});
