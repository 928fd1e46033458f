import { jest } from '@jest/globals';
import {
  EventStream,
  type EventStreamError,
  type EventStreamOptions,
} from 'nestjs-event-stream-client';
import {
  ScriptedServer,
  status,
  stream,
  streamAndCut,
} from '../support/scripted-server.js';
import { StreamCollector } from '../support/collected-stream.js';
import { until } from '../support/until.js';

const QUICK = { retry: { baseMs: 1 } };
const END = 'id: end\nevent: stream-end\ndata: {}\n\n';

describe('the events of a stream', () => {
  const streams = new StreamCollector();
  const made = new Set<EventStream>();
  let server: ScriptedServer;

  beforeEach(async () => {
    server = await ScriptedServer.start(stream());
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    streams.closeAll();
    for (const each of made) each.close();
    made.clear();
    await server.close();
  });

  function open(options?: EventStreamOptions): EventStream {
    const each = new EventStream(server.url, { ...QUICK, ...options });
    made.add(each);
    return each;
  }

  describe('by type', () => {
    it('are parsed, and come with their text and the cursor', async () => {
      server.answer(
        stream(
          'id: 7\nevent: order.shipped\ndata: {"orderId":"42",\ndata: "n":1}\n\nevent: other\ndata: 1\n\n',
        ),
      );
      const events: unknown[] = [];
      open().on('order.shipped', (event) => events.push(event));
      await until(() => events.length > 0);
      expect(events).toEqual([
        {
          type: 'order.shipped',
          data: { orderId: '42', n: 1 },
          text: '{"orderId":"42",\n"n":1}',
          lastEventId: '7',
        },
      ]);
    });

    it('go to all listeners in order, until each of them stops', async () => {
      server.answer(stream('data: 1\n\ndata: 2\n\ndata: 3\n\n'));
      const seen: string[] = [];
      const listen = open();
      const stop = listen.on('message', ({ data }) => {
        seen.push(`a${String(data)}`);
        if (data === 2) stop();
      });
      listen.on('message', ({ data }) => seen.push(`b${String(data)}`));
      listen.onAny(({ text }) => seen.push(`any${text}`));
      listen.addEventListener('message', ({ data }) => seen.push(`c${data}`));
      await until(() => seen.includes('c3'));
      expect(seen).toEqual('a1 b1 any1 c1 a2 b2 any2 c2 b3 any3 c3'.split(' '));
    });

    it('stay text where the caller asks for it, for all types or some', async () => {
      const wire =
        'event: token\ndata: Hello\n\nevent: token\ndata: 42\n\nevent: usage\ndata: {"n":1}\n\n';
      server.answer(stream(wire));
      for (const raw of [true, ['token']]) {
        const seen: unknown[] = [];
        open({ raw }).onAny(({ data }) => seen.push(data));
        await until(() => seen.length === 3);
        expect(seen).toEqual([
          'Hello',
          '42',
          raw === true ? '{"n":1}' : { n: 1 },
        ]);
      }
    });

    it('that are no JSON are reported and left out, and the stream goes on', async () => {
      server.answer(stream('data: {"a":\n\ndata: {"a":1}\n\n'));
      const collected = streams.open(server.url, { raw: false });
      const texts: string[] = [];
      collected.stream.addEventListener('message', ({ data }) =>
        texts.push(data),
      );
      await collected.untilEvents(1);
      expect(collected.events).toEqual([['message', '{"a":1}', '']]);
      expect(collected.codes).toEqual(['INVALID_JSON']);
      expect(collected.failures[0]!.cause).toBeInstanceOf(SyntaxError);
      expect(collected.stream.state.name).toBe('live');
      expect(texts).toEqual(['{"a":', '{"a":1}']);
    });

    it('that a check refuses are reported and left out, and the stream goes on', async () => {
      server.answer(
        stream(
          'event: a\ndata: {}\n\nevent: b\ndata: {}\n\nevent: c\ndata: {}\n\nevent: a\ndata: {"n":1}\n\n',
        ),
      );
      const each = open({
        check: {
          a: (data) => typeof (data as { n?: number }).n === 'number',
          b: () => {
            throw new TypeError('no b');
          },
          c: () => undefined,
        },
      });
      const failures: EventStreamError[] = [];
      each.onFailure((error) => failures.push(error));
      const seen: string[] = [];
      each.onAny(({ type, text }) => seen.push(type + text));
      await until(() => seen.includes('a{"n":1}'));
      expect(seen).toEqual(['c{}', 'a{"n":1}']);
      expect(failures.map(({ code }) => code)).toEqual([
        'INVALID_EVENT',
        'INVALID_EVENT',
      ]);
      expect(failures[1]!.cause).toBeInstanceOf(TypeError);
    });

    it('are not parsed where nobody wants them parsed', async () => {
      server.answer(stream('event: text\ndata: no JSON\n\ndata: 1\n\n'));
      const failures: EventStreamError[] = [];
      const seen: unknown[] = [];
      const each = open();
      each.onFailure((error) => failures.push(error));
      each.on('message', ({ data }) => seen.push(data));
      await until(() => seen.length === 1);
      expect(failures).toEqual([]);
    });

    it('reach all others when a listener throws, which becomes an uncaught error', async () => {
      server.answer(stream('data: 1\n\n'));
      const uncaught: unknown[] = [];
      const set = globalThis.setTimeout;
      jest.spyOn(globalThis, 'setTimeout').mockImplementation(((
        callback: () => void,
        milliseconds?: number,
      ) =>
        set(() => {
          try {
            callback();
          } catch (error) {
            uncaught.push(error);
          }
        }, milliseconds)) as typeof setTimeout);
      const seen: string[] = [];
      const each = open();
      each.on('message', () => {
        throw new Error('a');
      });
      each.on('message', () => seen.push('b'));
      each.onAny(() => {
        throw new Error('c');
      });
      each.addEventListener('message', () => seen.push('d'));
      await until(() => uncaught.length === 2);
      expect(uncaught).toEqual([new Error('a'), new Error('c')]);
      expect(seen).toEqual(['b', 'd']);
      expect(each.state.name).toBe('live');
    });
  });

  describe("by EventSource's names", () => {
    it('stand in for the native object', async () => {
      server.answer(
        streamAndCut('id: 1\ndata: a\n\nevent: tick\ndata: {"n":1}\n\n'),
        stream(END),
      );
      const Source: typeof EventSource = EventStream;
      expect([Source.CONNECTING, Source.OPEN, Source.CLOSED]).toEqual([
        0, 1, 2,
      ]);
      const source = new Source(server.url, { withCredentials: true });
      made.add(source as EventStream);
      expect(source).toMatchObject({
        url: server.url,
        withCredentials: true,
        readyState: source.CONNECTING,
        onopen: null,
        onmessage: null,
        onerror: null,
      });
      const seen: unknown[] = [];
      source.onopen = () => seen.push(['open', source.readyState]);
      source.onerror = () => seen.push(['error', source.readyState]);
      source.onmessage = (event) => {
        expect(event).toBeInstanceOf(MessageEvent);
        seen.push([event.data, event.lastEventId, event.origin]);
      };
      const onTick = ({ data }: MessageEvent<string>) =>
        seen.push(['tick', data]);
      source.addEventListener('tick', onTick);
      const neverCalled = () => seen.push('never');
      source.addEventListener('tick', neverCalled);
      source.removeEventListener('tick', neverCalled);
      await until(() => source.readyState === source.CLOSED);
      const { origin } = new URL(server.url);
      expect(seen).toEqual([
        ['open', 1],
        ['a', '1', origin],
        ['tick', '{"n":1}'],
        ['error', 0],
        ['open', 1],
        ['error', 2],
      ]);
    });

    it('show in the error what the native object keeps to itself', async () => {
      server.answer(status(403, {}, 'not yours'));
      const each = open();
      const errors: unknown[] = [];
      each.addEventListener('error', ({ error }) => errors.push(error));
      await until(() => errors.length > 0);
      expect(errors).toMatchObject([{ status: 403, body: 'not yours' }]);
    });

    it('carry an event that a server calls "error" or "open", as the native object has it', async () => {
      server.answer(
        stream('event: error\ndata: a\n\nevent: open\ndata: b\n\n'),
      );
      const collected = streams.open(server.url);
      await collected.untilEvents(2);
      expect(collected.signals).toEqual(['open 1', 'error 1', 'open 1']);
      expect(collected.stream.state.name).toBe('live');
    });
  });
});
