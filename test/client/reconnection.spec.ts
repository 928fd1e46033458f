import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  ScriptedServer,
  status,
  stream,
  streamAndCut,
  streamAndEnd,
  type Answer,
} from '../support/scripted-server.js';
import { StreamCollector } from '../support/collected-stream.js';
import { until } from '../support/until.js';

const QUICK = { retry: { baseMs: 1 } };

describe('the client asks', () => {
  const streams = new StreamCollector();
  let server: ScriptedServer;

  beforeEach(async () => {
    server = await ScriptedServer.start(stream());
  });

  afterEach(async () => {
    streams.closeAll();
    await server.close();
  });

  describe('again after', () => {
    it.each<[string, Answer, string]>([
      ['the end of a response', streamAndEnd('data: a\n\n'), 'CONNECTION_LOST'],
      ['a reset', streamAndCut('data: a\n\n'), 'CONNECTION_LOST'],
      ['a reset in mid-event', streamAndCut('data: a\n'), 'CONNECTION_LOST'],
      [
        'a reset before any byte of the response',
        (response) => response.socket?.resetAndDestroy(),
        'UNREACHABLE',
      ],
      [
        'bytes that are no HTTP',
        (response) => response.socket?.end('hello\r\n\r\n'),
        'UNREACHABLE',
      ],
      ...[408, 425, 429, 500, 502, 503, 504].map(
        (code): [string, Answer, string] => [
          `status ${code}`,
          status(code),
          'REFUSED',
        ],
      ),
    ])('%s', async (_what, answer, code) => {
      server.answer(answer, stream('data: back\n\n'));
      const collected = streams.open(server.url, QUICK);
      await until(() => collected.texts.includes('back'));
      expect(collected.codes).toEqual([code]);
      expect(collected.failures[0]!.retryable).toBe(true);
      expect(collected.states.slice(-3)).toEqual([
        'waiting',
        'connecting',
        'live',
      ]);
      expect(collected.signals).toContain('error 0');
      expect(collected.signals.at(-1)).toBe('open 1');
    });

    it('a server that was not there', async () => {
      const { port } = new URL(server.url);
      await server.close();
      const collected = streams.open(`http://127.0.0.1:${port}/`, QUICK);
      await collected.untilFailures(2);
      expect(new Set(collected.codes)).toEqual(new Set(['UNREACHABLE']));
      const late = net.createServer((socket) =>
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n',
        ),
      );
      const sockets = new Set<net.Socket>();
      late.on('connection', (socket) => sockets.add(socket));
      late.listen(Number(port), '127.0.0.1');
      try {
        await once(late, 'listening');
        await collected.untilEvents(1);
      } finally {
        for (const socket of sockets) socket.destroy();
        late.close();
      }
    });

    it('headers that never end, once it has waited for them long enough', async () => {
      const silent = net.createServer((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nx-endless: '),
      );
      const sockets = new Set<net.Socket>();
      silent.on('connection', (socket) => sockets.add(socket));
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const collected = streams.open(`http://127.0.0.1:${port}/`, {
        ...QUICK,
        connectTimeoutMs: 50,
      });
      try {
        await collected.untilFailures(2);
        expect(new Set(collected.codes)).toEqual(new Set(['HEADERS_TIMEOUT']));
      } finally {
        collected.stream.close();
        for (const socket of sockets) socket.destroy();
        silent.close();
      }
    });

    it('silence for as long as the caller allows', async () => {
      server.answer(stream('data: a\n\n'), stream('data: b\n\n'));
      const collected = streams.open(server.url, {
        ...QUICK,
        idleTimeoutMs: 50,
      });
      await collected.untilEvents(2);
      expect(collected.codes[0]).toBe('SILENT');
      await until(() => server.openCount <= 1);
    });

    it('a 401, once, with new headers', async () => {
      server.answer(
        status(401, {}, 'expired'),
        streamAndCut('data: a\n\n'),
        status(401),
        stream('data: b\n\n'),
      );
      let token = 1;
      const collected = streams.open(server.url, {
        ...QUICK,
        headers: () => ({ authorization: `Bearer ${token}` }),
        onUnauthorized: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          token++;
        },
      });
      await collected.untilEvents(2);
      expect(
        server.requests.map(({ headers }) => headers.authorization),
      ).toEqual(['Bearer 1', 'Bearer 2', 'Bearer 2', 'Bearer 3']);
      expect(collected.codes).toEqual(['CONNECTION_LOST']);
    });
  });

  describe('never again after', () => {
    it.each([400, 401, 402, 403, 404, 405, 406, 410, 422, 451])(
      'status %d, whose body it shows',
      async (code) => {
        server.answer(
          status(code, { 'content-type': 'application/json' }, '{"why":"no"}'),
        );
        const collected = await streams.open(server.url, QUICK).untilClosed();
        expect(collected.stream.state).toMatchObject({
          reason: 'failed',
          error: {
            code: 'REFUSED',
            status: code,
            body: '{"why":"no"}',
            retryable: false,
          },
        });
        expect(collected.signals).toEqual(['error 2']);
        expect(server.requests).toHaveLength(1);
      },
    );

    it('a second 401 in a row', async () => {
      server.answer(status(401));
      let count = 0;
      const collected = await streams
        .open(server.url, { ...QUICK, onUnauthorized: () => count++ })
        .untilClosed();
      expect(count).toBe(1);
      expect(server.requests).toHaveLength(2);
      expect(collected.codes).toEqual(['REFUSED']);
    });

    it('204, which is no failure', async () => {
      server.answer(status(204));
      const collected = await streams.open(server.url, QUICK).untilClosed();
      expect(collected.stream.state).toEqual({
        name: 'closed',
        reason: 'ended',
      });
      expect(collected.codes).toEqual([]);
      expect(collected.signals).toEqual(['error 2']);
      expect(server.requests).toHaveLength(1);
    });

    it.each<[string, number, string | undefined]>([
      ["a proxy's HTML page with status 200", 200, 'text/html; charset=utf-8'],
      ['JSON with status 200', 200, 'application/json'],
      ['no content type at all', 200, undefined],
      ['a content type that only begins alike', 200, 'text/event-stream-x'],
      ['a stream with status 201', 201, 'text/event-stream'],
      ['a stream with status 206', 206, 'text/event-stream'],
    ])('%s', async (_what, code, type) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      server.answer(status(code, headers, 'data: <html>\n\n'));
      const collected = await streams.open(server.url, QUICK).untilClosed();
      expect(collected.events).toEqual([]);
      expect(collected.stream.state).toMatchObject({
        reason: 'failed',
        error: {
          code: code === 200 ? 'NOT_A_STREAM' : 'REFUSED',
          status: code,
          body: 'data: <html>\n\n',
        },
      });
      expect(server.requests).toHaveLength(1);
    });

    it('an endless line, of which it keeps no more than it may', async () => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: ');
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      const collected = await streams
        .open(server.url, { ...QUICK, maxEventBytes: 100_000 })
        .untilClosed();
      expect(collected.codes).toEqual(['EVENT_TOO_LARGE']);
      await until(() => server.openCount === 0);
      expect(server.requests).toHaveLength(1);
    });

    it('an endless body of a refusal, of which it shows the beginning', async () => {
      server.answer((response) => {
        response.writeHead(403);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      const collected = await streams.open(server.url, QUICK).untilClosed();
      const { body } = collected.failures[0]!;
      expect(body!.length).toBeGreaterThanOrEqual(64 * 1024);
      expect(body!.length).toBeLessThan(1024 * 1024);
      await until(() => server.openCount === 0);
    });

    it('as many failures as the caller takes', async () => {
      server.answer(status(503));
      const collected = await streams
        .open(server.url, {
          retry: { baseMs: 1, when: (error, n) => error.retryable && n < 3 },
        })
        .untilClosed();
      expect(server.requests).toHaveLength(3);
      expect(collected.codes).toEqual(['REFUSED', 'REFUSED', 'REFUSED']);
    });
  });

  describe('not before', () => {
    it('the `retry` of the stream, which stays for later connections', async () => {
      server.answer(
        streamAndCut('retry: 150\ndata: a\n\n'),
        streamAndCut('data: b\n\n'),
        stream('data: c\n\n'),
      );
      const collected = streams.open(server.url, QUICK);
      await collected.untilEvents(3);
      expect(collected.waits).toEqual([150, 150]);
    });

    it('its own wait, where `retry` is none', async () => {
      server.answer(
        streamAndCut('retry: 99999x\nretry: 1.5\ndata: a\n\n'),
        stream('data: b\n\n'),
      );
      const collected = streams.open(server.url, QUICK);
      await collected.untilEvents(2);
      expect(collected.waits[0]).toBeLessThan(1000);
    });

    it('a wait that is no tight loop, where `retry` is 0', async () => {
      server.answer(streamAndEnd('retry: 0\ndata: a\n\n'));
      const collected = streams.open(server.url, QUICK);
      await collected.untilFailures(3);
      for (const wait of collected.waits) expect(wait).toBe(100);
    });

    it('the Retry-After of a refusal, however soon it would try itself', async () => {
      server.answer(status(503, { 'retry-after': '1' }), stream('data: a\n\n'));
      const collected = streams.open(server.url, QUICK);
      await collected.untilFailures(1);
      expect(collected.failures[0]!.retryAfterMs).toBe(1000);
      expect(collected.waits[0]).toBeGreaterThanOrEqual(1000);
      await collected.untilEvents(1);
    });

    it('a time that timers cannot count to is over', async () => {
      server.answer(streamAndEnd(`retry: ${'9'.repeat(30)}\ndata: a\n\n`));
      const collected = streams.open(server.url, QUICK);
      await collected.untilState('waiting');
      expect(collected.waits).toEqual([2 ** 31 - 1]);
      expect(server.requests).toHaveLength(1);
    });

    it('longer and longer waits, while nothing comes of it', async () => {
      server.answer(status(503));
      const collected = streams.open(server.url, {
        retry: { baseMs: 2, maxMs: 250 },
      });
      await collected.untilFailures(4);
      expect(Math.max(...collected.waits)).toBeLessThanOrEqual(250);
      expect(Math.min(...collected.waits)).toBeGreaterThanOrEqual(100);
    });
  });
});
