import {
  ScriptedServer,
  status,
  stream,
  streamAndCut,
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

  describe('with a request that', () => {
    it('is a GET for an event stream, not from a cache, without a cursor', async () => {
      streams.open(server.url);
      const { method, headers } = await server.untilRequests(1);
      expect(method).toBe('GET');
      expect(headers).toMatchObject({
        accept: 'text/event-stream',
        'cache-control': 'no-cache',
      });
      expect(headers).not.toHaveProperty('last-event-id');
    });

    it('is sent once the code that made the stream is done', async () => {
      const { stream: made } = streams.open(server.url);
      made.close();
      await until(() => made.readyState === made.CLOSED);
      expect(server.requests).toHaveLength(0);
    });

    it.each([
      ['POST', 'text', 'plain text', 'text/plain;charset=UTF-8', 'plain text'],
      ['POST', 'an object', { a: [1] }, 'application/json', '{"a":[1]}'],
      ['POST', 'an array', [1, 2], 'application/json', '[1,2]'],
      [
        'PUT',
        'a form',
        new URLSearchParams({ a: 'b c' }),
        'application/x-www-form-urlencoded;charset=UTF-8',
        'a=b+c',
      ],
      ['REPORT', 'bytes', Buffer.from('bytes'), undefined, 'bytes'],
    ])(
      'is a %s with %s as its body, and again each time',
      async (method, _what, body, type, text) => {
        server.answer(streamAndCut('data: a\n\n'), stream());
        streams.open(server.url, { ...QUICK, method, body });
        await server.untilRequests(2);
        for (const request of server.requests) {
          expect(request).toMatchObject({ method, body: text });
          expect(request.headers['content-type']).toBe(type);
        }
      },
    );

    it('is a POST where it has a body and nothing is said', async () => {
      streams.open(server.url, { body: '' });
      expect(await server.untilRequests(1)).toMatchObject({ method: 'POST' });
    });

    it('has headers of the caller, which win over those of its own', async () => {
      streams.open(server.url, {
        body: {},
        headers: new Headers({
          accept: 'text/event-stream, application/json',
          'content-type': 'application/vnd.api+json',
          'x-tenant': 'blue',
        }),
      });
      expect((await server.untilRequests(1)).headers).toMatchObject({
        accept: 'text/event-stream, application/json',
        'content-type': 'application/vnd.api+json',
        'x-tenant': 'blue',
      });
    });

    it('has headers that a function gives anew for each attempt, also later', async () => {
      server.answer(status(503), streamAndCut(), stream());
      let count = 0;
      streams.open(server.url, {
        ...QUICK,
        headers: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return { authorization: `Bearer ${++count}` };
        },
      });
      await server.untilRequests(3);
      expect(
        server.requests.map(({ headers }) => headers.authorization),
      ).toEqual(['Bearer 1', 'Bearer 2', 'Bearer 3']);
    });

    it('goes through a fetch() of the caller', async () => {
      const asked: string[] = [];
      const { stream: made } = streams.open(server.url, {
        credentials: 'include',
        fetch: (input, init) => {
          asked.push(`${String(input)} ${init?.credentials}`);
          return fetch(input, init);
        },
      });
      await server.untilRequests(1);
      expect(asked).toEqual([`${server.url} include`]);
      expect(made.withCredentials).toBe(true);
    });
  });

  describe('again, from the latest id,', () => {
    it.each<[string, string, string | undefined]>([
      ['of the last event', 'id: abc\ndata: a\n\n', 'abc'],
      [
        'of an event before others without one',
        'id: abc\ndata: a\n\ndata: b\n\n: c\n\n',
        'abc',
      ],
      ['of a block without data', 'data: a\n\nid: abc\n\n', 'abc'],
      ['not of a block that is not complete', 'id: a\ndata: a\n\nid: b\n', 'a'],
      ['not one with NUL', 'id: a\ndata: a\n\nid: b\0\ndata: a\n\n', 'a'],
      ['unless that is empty', 'id: a\ndata: a\n\nid:\ndata: b\n\n', undefined],
      ['of "0"', 'id: 0\ndata: a\n\n', '0'],
    ])('%s', async (_what, wire, id) => {
      server.answer(streamAndCut(wire), stream());
      const collected = streams.open(server.url, QUICK);
      const { headers } = await server.untilRequests(2);
      expect(headers['last-event-id']).toBe(id);
      expect(collected.stream.lastEventId).toBe(id ?? '');
    });

    it('which may be any text, in UTF-8', async () => {
      server.answer(streamAndCut('id: é豆\u{1f600}\ndata: a\n\n'), stream());
      streams.open(server.url, QUICK);
      const { headers } = await server.untilRequests(2);
      const bytes = Buffer.from(String(headers['last-event-id']), 'latin1');
      expect(bytes.toString()).toBe('é豆\u{1f600}');
    });

    it('also over several connections, and starts no event that was cut off', async () => {
      server.answer(
        streamAndCut('id: 1\ndata: a\n\nid: 9\ndata: cut o'),
        streamAndCut('data: b\n\n'),
        streamAndCut('ff\n\nid: 2\ndata: c\n\n'),
        stream('data: d\n\n'),
      );
      const collected = streams.open(server.url, QUICK);
      await collected.untilEvents(4);
      expect(collected.events).toEqual([
        ['message', 'a', '1'],
        ['message', 'b', '1'],
        ['message', 'c', '2'],
        ['message', 'd', '2'],
      ]);
      expect(
        server.requests.map(({ headers }) => headers['last-event-id']),
      ).toEqual([undefined, '1', '1', '2']);
    });

    it('that the caller begins with', async () => {
      streams.open(server.url, { lastEventId: 'abc' });
      const { headers } = await server.untilRequests(1);
      expect(headers['last-event-id']).toBe('abc');
    });

    it('as a query parameter where the caller asks for it', async () => {
      server.answer(streamAndCut('id: a b&c\ndata: a\n\n'), stream());
      streams.open(`${server.url}orders?x=1`, {
        ...QUICK,
        cursorParameter: 'lastEventId',
      });
      const { path, headers } = await server.untilRequests(2);
      expect(server.requests[0]!.path).toBe('/orders?x=1');
      expect(path).toBe('/orders?x=1&lastEventId=a+b%26c');
      expect(headers).not.toHaveProperty('last-event-id');
    });
  });

  describe('by a redirect', () => {
    it.each([301, 302, 303, 307, 308])(
      '%d with a Location, and again from where it began',
      async (code) => {
        server.answer(
          status(code, { location: '/moved' }),
          streamAndCut('id: 1\ndata: a\n\n'),
          status(code, { location: '/moved/again' }),
          stream('data: b\n\n'),
        );
        const collected = streams.open(`${server.url}orders`, QUICK);
        await collected.untilEvents(2);
        expect(server.requests.map(({ path }) => path)).toEqual([
          '/orders',
          '/moved',
          '/orders',
          '/moved/again',
        ]);
        expect(server.requests[3]!.headers['last-event-id']).toBe('1');
      },
    );

    it.each([307, 308])('%d with its method and body', async (code) => {
      server.answer(status(code, { location: '/moved' }), stream());
      streams.open(server.url, { body: { a: 1 } });
      expect(await server.untilRequests(2)).toMatchObject({
        method: 'POST',
        body: '{"a":1}',
      });
    });

    it.each([301, 302, 303, 307, 308])(
      'never, for %d without a Location',
      async (code) => {
        server.answer(status(code));
        const collected = await streams.open(server.url, QUICK).untilClosed();
        expect(collected.failures[0]).toMatchObject({
          code: 'REFUSED',
          status: code,
        });
        expect(server.requests).toHaveLength(1);
      },
    );

    it.each([301, 302, 303, 307, 308])(
      'not in a loop, for %d with an empty Location',
      async (code) => {
        server.answer(status(code, { location: '' }));
        const collected = await streams
          .open(server.url, { retry: { when: () => false } })
          .untilClosed();
        expect(collected.codes).toHaveLength(1);
        // fetch() gives up after twenty; an empty Location may also count as none.
        expect(server.requests.length).toBeLessThanOrEqual(21);
      },
    );
  });
});
