import { EventStream } from 'nestjs-event-stream-client';
import {
  ScriptedServer,
  status,
  stream,
  streamAndEnd,
} from '../support/scripted-server.js';
import { StreamCollector } from '../support/collected-stream.js';
import { until } from '../support/until.js';

const QUICK = { retry: { baseMs: 1 } };
const OPEN = 'event: stream-open\ndata: {"heartbeatMs":false}\n\n';
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

  describe('goes on at once by reconnect(),', () => {
    it('while it is open', async () => {
      server.answer(stream('id: 1\ndata: a\n\n'), stream('data: b\n\n'));
      const collected = streams.open(server.url);
      await collected.untilEvents(1);
      collected.stream.reconnect();
      await collected.untilEvents(2);
      expect(server.requests[1]!.headers['last-event-id']).toBe('1');
      expect(collected.failures).toEqual([]);
      await until(() => server.openCount === 1);
    });

    it('while it waits', async () => {
      server.answer(status(503), stream('data: a\n\n'));
      const collected = streams.open(server.url, { retry: { baseMs: 1e9 } });
      await collected.untilState('waiting');
      collected.stream.reconnect();
      await collected.untilEvents(1);
    });

    it('but not once it is closed', async () => {
      const collected = streams.open(server.url);
      collected.stream.close();
      collected.stream.reconnect();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server.requests).toHaveLength(0);
    });
  });

  describe('keeps its cursor', () => {
    function memoryStore(content: Record<string, string> = {}) {
      return {
        content,
        getItem: (key: string) => content[key] ?? null,
        setItem: (key: string, value: string) => {
          content[key] = value;
        },
      };
    }

    it('in a store, once its events are handled, for the next object', async () => {
      const store = memoryStore();
      server.answer(stream('id: 1\ndata: a\n\nid: 2\n\n'), stream());
      const first = streams.open(server.url, { persist: store });
      const stored: unknown[] = [];
      first.stream.onAny(() => stored.push({ ...store.content }));
      await until(() => Object.keys(store.content).length > 0);
      first.stream.close();
      expect(stored).toEqual([{}]);
      expect(store.content).toEqual({ [`event-stream:${server.url}`]: '2' });

      streams.open(server.url, { persist: store });
      const { headers } = await server.untilRequests(2);
      expect(headers['last-event-id']).toBe('2');
    });

    it('in a store that is asynchronous, under a key of its own', async () => {
      const content = { mine: '7' };
      const store = memoryStore(content);
      server.answer(stream('id: 8\ndata: a\n\n'));
      streams.open(server.url, {
        persistKey: 'mine',
        persist: {
          getItem: (key) => Promise.resolve(store.getItem(key)),
          setItem: (key, value) => Promise.resolve(store.setItem(key, value)),
        },
      });
      const { headers } = await server.untilRequests(1);
      expect(headers['last-event-id']).toBe('7');
      await until(() => content.mine === '8');
    });

    it('only as far as a loop got, so that a reload repeats what was not handled', async () => {
      const store = memoryStore();
      server.answer(async (response, request) => {
        await stream('id: 1\ndata: 1\n\n')(response, request);
        await until(() => Object.values(store.content)[0] === '1');
        response.write('id: 2\ndata: 2\n\n');
      });
      const { stream: made } = streams.open(server.url, { persist: store });
      let release = (): void => undefined;
      let isAtWork = false;
      const loop = (async () => {
        for await (const { text } of made) {
          if (text === '1') continue;
          isAtWork = true;
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
      })();
      await until(() => isAtWork);
      expect(Object.values(store.content)).toEqual(['1']);
      release();
      await until(() => Object.values(store.content)[0] === '2');
      made.close();
      await loop;
    });

    it('of the end of the stream, so that a reload asks for it no more', async () => {
      const store = memoryStore();
      server.answer(streamAndEnd(OPEN, 'id: 1\ndata: a\n\n', END));
      await streams.open(server.url, { persist: store }).untilClosed();
      await until(() => Object.values(store.content)[0] === 'end');
    });

    it('unless the caller starts at the latest event', async () => {
      const key = `event-stream:${server.url}`;
      const store = memoryStore({ [key]: '7' });
      streams.open(server.url, { persist: store, lastEventId: '' });
      const { headers } = await server.untilRequests(1);
      expect(headers).not.toHaveProperty('last-event-id');
    });

    it('to itself where the store fails, and goes on', async () => {
      server.answer(stream('id: 1\ndata: a\n\n'));
      const failing = (): never => {
        throw new Error('quota');
      };
      const collected = streams.open(server.url, {
        persist: { getItem: failing, setItem: failing },
      });
      await collected.untilFailures(2);
      expect(collected.codes).toEqual(['STORE_FAILED', 'STORE_FAILED']);
      expect(collected.stream.state.name).toBe('live');
      expect(collected.texts).toEqual(['a']);
    });
  });

  describe('refuses', () => {
    it.each([
      ['a URL that is none', 'http://', {}],
      ['a URL relative to nothing', '/orders', {}],
      [
        'a body that could be sent only once',
        'http://h/',
        { body: new ReadableStream() },
      ],
    ])('%s', (_what, url, options) => {
      expect(() => new EventStream(url, options)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS' }) as Error,
      );
    });

    it.each<[string, object]>([
      [
        'headers() that throws',
        { headers: () => Promise.reject(new Error('x')) },
      ],
      ['headers that are none', { headers: { 'a b': 'c' } }],
    ])('nothing because of %s, and tries again', async (_what, options) => {
      const collected = streams.open(server.url, { ...QUICK, ...options });
      await collected.untilFailures(2);
      expect(new Set(collected.codes)).toEqual(new Set(['CALLBACK_FAILED']));
      expect(server.requests).toHaveLength(0);
    });

    it('nothing because of onUnauthorized() that throws, and calls it again', async () => {
      server.answer(status(401), status(401), stream('data: a\n\n'));
      let count = 0;
      const collected = streams.open(server.url, {
        ...QUICK,
        onUnauthorized: () => {
          if (++count === 1) throw new Error('offline');
        },
      });
      await collected.untilEvents(1);
      expect(count).toBe(2);
      expect(collected.codes).toEqual(['CALLBACK_FAILED']);
    });
  });
});
