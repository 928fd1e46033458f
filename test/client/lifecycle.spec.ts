import { EventStream } from 'nestjs-event-stream-client';
import {
  ScriptedServer,
  status,
  stream,
  streamAndCut,
  streamAndEnd,
} from '../support/scripted-server.js';
import { StreamCollector } from '../support/collected-stream.js';
import { until } from '../support/until.js';

const QUICK = { retry: { baseMs: 1 } };
const OPEN = 'event: stream-open\ndata: {"heartbeatMs":false}\n\n';
const LIVE = 'id: l\nevent: stream-live\ndata: {"replayed":0}\n\n';
const END = 'id: end\nevent: stream-end\ndata: {}\n\n';

describe('a stream', () => {
  const streams = new StreamCollector();
  let server: ScriptedServer;

  beforeEach(async () => {
    server = await ScriptedServer.start(stream());
  });

  afterEach(async () => {
    streams.closeAll();
    await server.close();
  });

  describe('is closed by close(), which always wins:', () => {
    it('before the request', async () => {
      const collected = streams.open(server.url);
      collected.stream.close();
      expect(collected.stream.state).toEqual({
        name: 'closed',
        reason: 'closed',
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server.requests).toHaveLength(0);
      expect(collected.states).toEqual(['closed']);
      expect(collected.signals).toEqual([]);
    });

    it('while the headers are being made', async () => {
      const collected = streams.open(server.url, {
        headers: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          collected.stream.close();
          return {};
        },
      });
      await collected.untilClosed();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server.requests).toHaveLength(0);
    });

    it('while the response is awaited', async () => {
      server.answer(() => undefined);
      const collected = streams.open(server.url);
      await server.untilRequests(1);
      collected.stream.close();
      await until(() => server.openCount === 0);
      expect(collected.states).toEqual(['connecting', 'closed']);
    });

    it('in a listener, so that not even events of the same chunk follow', async () => {
      server.answer(
        stream('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n'),
      );
      const collected = streams.open(server.url);
      collected.stream.onAny(({ text }) => {
        if (text === 'b') collected.stream.close();
      });
      const native: string[] = [];
      collected.stream.onmessage = ({ data }) => native.push(data);
      await collected.untilClosed();
      await until(() => server.openCount === 0);
      expect(collected.texts).toEqual(['a', 'b']);
      expect(native).toEqual(['a']);
      expect(collected.stream.lastEventId).toBe('2');
      expect(collected.signals).toEqual(['open 1']);
    });

    it('in a listener of its state, at any time', async () => {
      for (const name of ['connecting', 'live', 'waiting']) {
        server.answer(streamAndCut('data: a\n\n'));
        const collected = streams.open(server.url, QUICK);
        collected.stream.onState((state) => {
          if (state.name === name) collected.stream.close();
        });
        await collected.untilClosed();
        expect(collected.states.slice(-2)).toEqual([name, 'closed']);
      }
      await until(() => server.openCount === 0);
    });

    it('while it waits, so that no request follows', async () => {
      server.answer(status(503));
      const collected = streams.open(server.url, { retry: { baseMs: 100 } });
      await collected.untilState('waiting');
      collected.stream.close();
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(server.requests).toHaveLength(1);
    });

    it('while new rights are asked for', async () => {
      server.answer(status(401));
      let isAsked = false;
      let grant = (): void => undefined;
      const collected = streams.open(server.url, {
        onUnauthorized: () => {
          isAsked = true;
          return new Promise<void>((resolve) => {
            grant = resolve;
          });
        },
      });
      await until(() => isAsked);
      collected.stream.close();
      grant();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server.requests).toHaveLength(1);
      expect(collected.states).toEqual(['connecting', 'closed']);
    });

    it('also where fetch() does not obey its signal', async () => {
      server.answer(stream('data: a\n\n'));
      const collected = streams.open(server.url, {
        fetch: (input, init) => fetch(input, { ...init, signal: null }),
      });
      await collected.untilEvents(1);
      collected.stream.close();
      await until(() => server.openCount === 0);
    });

    it('twice, which is once', async () => {
      const collected = streams.open(server.url);
      collected.stream.close();
      collected.stream.close();
      expect(collected.states).toEqual(['closed']);
    });

    it("by the caller's signal, before and later", async () => {
      const controller = new AbortController();
      const collected = streams.open(server.url, { signal: controller.signal });
      await collected.untilState('live');
      controller.abort();
      expect(collected.stream.state.name).toBe('closed');
      await until(() => server.openCount === 0);
      const late = new EventStream(server.url, { signal: controller.signal });
      expect(late.readyState).toBe(late.CLOSED);
    });
  });

  describe('says what it is doing:', () => {
    it('connecting, live, waiting, and replaying after a cut', async () => {
      server.answer(
        streamAndCut(OPEN, LIVE, 'id: 1\ndata: a\n\n'),
        stream(OPEN, 'id: 2\ndata: b\n\n', LIVE),
      );
      const collected = streams.open(server.url, QUICK);
      const statesOfB: string[] = [];
      collected.stream.onAny(({ text }) => {
        if (text === 'b') statesOfB.push(collected.stream.state.name);
      });
      await collected.untilEvents(2);
      await collected.untilState('live');
      expect(collected.states).toEqual([
        'connecting',
        'live',
        'waiting',
        'connecting',
        'replaying',
        'live',
      ]);
      expect(statesOfB).toEqual(['replaying']);
      expect(collected.signals).toEqual(['open 1', 'error 0', 'open 1']);
    });

    it.each([
      [
        'with the first event of a server without control events',
        'data: b\n\n',
      ],
      ['with a heartbeat of one that does not say it', `${OPEN}: \n\n`],
    ])('live %s', async (_what, wire) => {
      server.answer(streamAndCut('id: 1\ndata: a\n\n'), stream(wire));
      const collected = streams.open(server.url, QUICK);
      await collected.untilFailures(1);
      await collected.untilState('live');
      expect(collected.states.slice(-2)).toEqual(['replaying', 'live']);
    });

    it('waiting, for how long and why', async () => {
      server.answer(status(503, {}, 'later'));
      const collected = streams.open(server.url, { retry: { baseMs: 60_000 } });
      await collected.untilState('waiting');
      expect(collected.stream.state).toEqual({
        name: 'waiting',
        retryInMs: expect.any(Number),
        error: expect.objectContaining({ status: 503, body: 'later' }),
      });
    });

    it('closed by the end of the stream, which is asked for no more', async () => {
      server.answer(
        streamAndEnd(OPEN, 'id: 1\ndata: a\n\n', END, 'data: b\n\n'),
      );
      const collected = await streams.open(server.url, QUICK).untilClosed();
      expect(collected.stream.state).toEqual({
        name: 'closed',
        reason: 'ended',
      });
      expect(collected.stream.lastEventId).toBe('end');
      expect(collected.texts).toEqual(['a']);
      expect(collected.failures).toEqual([]);
      expect(collected.signals).toEqual(['open 1', 'error 2']);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(server.requests).toHaveLength(1);
    });

    it('closed by the end also if the connection stays', async () => {
      server.answer(stream(OPEN, END));
      await streams.open(server.url, QUICK).untilClosed();
      await until(() => server.openCount === 0);
    });

    it('closed by an error of the server that is final', async () => {
      server.answer(
        streamAndEnd(
          OPEN,
          'id: end\nevent: stream-error\ndata: {"code":"TOPIC_FORBIDDEN","message":"Not yours.","retryable":false}\n\n',
        ),
      );
      const collected = streams.open(server.url, QUICK);
      const errors: unknown[] = [];
      collected.stream.on('stream-error', ({ data }) => errors.push(data));
      await collected.untilClosed();
      const data = {
        code: 'TOPIC_FORBIDDEN',
        message: 'Not yours.',
        retryable: false,
      };
      expect(errors).toEqual([data]);
      expect(collected.stream.state).toMatchObject({
        reason: 'failed',
        error: { code: 'STREAM_FAILED', message: 'Not yours.', data },
      });
      expect(server.requests).toHaveLength(1);
    });

    it('waiting after one that is not, longer each time, because nothing came of it', async () => {
      server.answer(
        streamAndEnd(
          'retry: 10\nevent: stream-error\ndata: {"code":"SERVER_FULL","message":"m","retryable":true}\n\n',
        ),
      );
      const failureCounts: number[] = [];
      const collected = await streams
        .open(server.url, {
          retry: {
            baseMs: 1,
            when: (_error, failures) => failureCounts.push(failures) < 3,
          },
        })
        .untilClosed();
      expect(failureCounts).toEqual([1, 2, 3]);
      expect(collected.failures[0]).toMatchObject({
        code: 'STREAM_FAILED',
        data: { code: 'SERVER_FULL' },
      });
    });

    it.each([
      ['stream-open', ''],
      ['stream-open', 'null'],
      ['stream-live', 'text'],
      ['stream-reset', '{"channels":[]}'],
      ['stream-cursor', ''],
    ])('live where another server sends %s with %j', async (type, data) => {
      server.answer(stream(`event: ${type}\ndata: ${data}\n\ndata: a\n\n`));
      const collected = streams.open(server.url);
      await until(() => collected.texts.includes('a'));
      expect(collected.failures).toEqual([]);
      expect(collected.stream.state.name).toBe('live');
    });

    it('waiting where another server sends a stream-error of its own', async () => {
      server.answer(
        streamAndEnd('event: stream-error\ndata: oh no\n\n'),
        stream('data: a\n\n'),
      );
      const collected = streams.open(server.url, QUICK);
      await collected.untilEvents(1);
      expect(collected.failures).toMatchObject([
        { code: 'STREAM_FAILED', message: 'oh no', retryable: true },
      ]);
    });
  });
});
