import { ScriptedServer, streamAndEnd } from '../support/scripted-server.js';
import { StreamCollector } from '../support/collected-stream.js';
import { LARGE_CASES, LINE_ENDS, PARSING_CASES } from './parsing-cases.js';

const NEVER = { retry: { when: () => false } };

describe('the client reads from a socket', () => {
  const streams = new StreamCollector();
  let server: ScriptedServer;

  beforeAll(async () => {
    server = await ScriptedServer.start();
  });

  afterEach(() => streams.closeAll());

  afterAll(() => server.close());

  /** All events of the stream that a server sends, and that is read in these pieces. */
  async function receive(
    bytes: Buffer | string,
    fetch?: typeof globalThis.fetch,
  ) {
    server.answer(streamAndEnd(bytes));
    const options = { ...NEVER, ...(fetch && { fetch }) };
    const collected = await streams.open(server.url, options).untilClosed();
    expect(collected.codes).toEqual(['CONNECTION_LOST']);
    return collected.events;
  }

  describe.each(Object.entries(LINE_ENDS))('with %s', (_name, lineEnd) => {
    it.each(PARSING_CASES)(
      '$title, whole, by the byte and by two',
      async ({ wire, events }) => {
        const bytes = Buffer.from(wire.replaceAll('\n', lineEnd));
        expect(await receive(bytes)).toEqual(events);
        for (const size of [1, 2]) {
          const places = Array.from(
            { length: Math.ceil(bytes.length / size) },
            (_, index) => index * size,
          );
          expect(await receive(bytes, inPieces(places))).toEqual(events);
        }
      },
    );

    it('an event with everything in it, split at every byte', async () => {
      const wire =
        '\ufeff: c\nretry: 3\nevent: é\nid: 1\ndata: a\ndata\n\ndata: €\n\nid: 2\n\n';
      const bytes = Buffer.from(wire.replaceAll('\n', lineEnd));
      for (let place = 1; place < bytes.length; place++) {
        const events = await receive(bytes, inPieces([place]));
        expect([place, events]).toEqual([
          place,
          [
            ['é', 'a\n', '1'],
            ['message', '€', '1'],
          ],
        ]);
      }
    });
  });

  it.each(LARGE_CASES)('$title', async ({ make }) => {
    const { wire, events } = make();
    const received = await receive(wire);
    expect(JSON.stringify(received) === JSON.stringify(events)).toBe(true);
  });

  it('an event whose last line ends with CR, without waiting for more', async () => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: a\r\r');
    });
    const collected = streams.open(server.url, NEVER);
    await collected.untilEvents(1);
    expect(collected.events).toEqual([['message', 'a', '']]);
  });
});

/** Reads a whole response from its socket, and hands it on split at these places, as a network may at any. */
function inPieces(places: readonly number[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const body = new ReadableStream({
      start(controller) {
        let from = 0;
        for (const place of [...places, bytes.length]) {
          if (place > from) controller.enqueue(bytes.slice(from, place));
          from = place;
        }
        controller.close();
      },
    });
    return new Response(body, response);
  };
}
