import { jest } from '@jest/globals';
import {
  EventStream,
  type EventStreamError,
  type EventStreamOptions,
} from 'nestjs-event-stream-client';
import { observeStream } from 'nestjs-event-stream-client/rxjs';
import { take } from 'rxjs';
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

  describe('in a loop', () => {
    it('come one by one, over connections, until the stream ends', async () => {
      server.answer(
        streamAndCut('id: 1\ndata: 1\n\n', 'id: 2\ndata: 2\n\n'),
        stream('event: stream-open\ndata: {}\n\ndata: 3\n\n', END),
      );
      const seen: unknown[] = [];
      for await (const { data } of open()) {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(data);
      }
      expect(seen).toEqual([1, 2, 3]);
      expect(server.requests).toHaveLength(2);
    });

    it('have a reset among them, and no other control event', async () => {
      server.answer(
        stream(
          'event: stream-open\ndata: {"heartbeatMs":false}\n\ndata: 1\n\nevent: stream-reset\ndata: {"reason":"epoch"}\n\n',
          'id: 1\nevent: stream-live\ndata: {"replayed":0}\n\nid: 2\nevent: stream-cursor\ndata: {}\n\ndata: 2\n\n',
          END,
        ),
      );
      const seen: unknown[] = [];
      for await (const { type, data } of open()) seen.push([type, data]);
      expect(seen).toEqual([
        ['message', 1],
        ['stream-reset', { reason: 'epoch' }],
        ['message', 2],
      ]);
    });

    it('throw the error of a stream that fails for good', async () => {
      server.answer(streamAndCut('data: 1\n\n'), status(404));
      const seen: unknown[] = [];
      const loop = async (): Promise<void> => {
        for await (const { data } of open()) seen.push(data);
      };
      await expect(loop()).rejects.toMatchObject({ status: 404 });
      expect(seen).toEqual([1]);
    });

    it('end at once when the stream is closed, whatever is left', async () => {
      server.answer(stream('data: 1\n\ndata: 2\n\n'));
      const each = open();
      const seen: unknown[] = [];
      for await (const { data } of each) {
        seen.push(data);
        each.close();
      }
      expect(seen).toEqual([1]);
      for await (const event of each) seen.push(event);
      expect(seen).toEqual([1]);
    });

    it('hold back the stream while the loop is at work, and the watchdog with it', async () => {
      let sent = 0;
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = (): void => {
          while (!response.destroyed) {
            if (!response.write(`data: "${'x'.repeat(10_000)}"\n\n`)) break;
            sent++;
          }
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      const each = open({ idleTimeoutMs: 300 });
      const failures: EventStreamError[] = [];
      each.onFailure((error) => failures.push(error));
      let before = -1;
      for await (const event of each) {
        expect(event.type).toBe('message');
        // Until the buffers in between are full, and the server can send no more: longer than the watchdog would wait.
        await until(async () => {
          before = sent;
          await new Promise((resolve) => setTimeout(resolve, 600));
          return sent === before;
        });
        break;
      }
      expect(failures).toEqual([]);
      // The loop is over: the stream goes on without it.
      await until(() => sent > before);
      // A watchdog as short as this one may cut it again meanwhile.
      await until(() => each.state.name === 'live');
    });
  });

  describe('as an Observable', () => {
    it('come from a stream of its own, which is closed with the subscription', async () => {
      server.answer(stream('data: 1\n\ndata: 2\n\ndata: 3\n\n'));
      const streamsMade: EventStream[] = [];
      const seen: unknown[] = [];
      const events = observeStream(() => {
        streamsMade.push(open());
        return streamsMade.at(-1)!;
      });
      expect(server.requests).toHaveLength(0);
      await new Promise<void>((resolve) =>
        events.pipe(take(2)).subscribe({
          next: ({ data }) => seen.push(data),
          complete: resolve,
        }),
      );
      expect(seen).toEqual([1, 2]);
      expect(streamsMade).toHaveLength(1);
      await until(() => streamsMade[0]!.readyState === 2);
      await until(() => server.openCount === 0);
    });

    it('come from a stream of the caller, which stays open', async () => {
      server.answer(stream('data: 1\n\n'));
      const each = open();
      const seen: unknown[] = [];
      const subscription = observeStream(each).subscribe(({ data }) =>
        seen.push(data),
      );
      await until(() => seen.length === 1);
      subscription.unsubscribe();
      expect(each.readyState).toBe(1);
    });

    it('complete with the stream, and fail with it, also if that was before', async () => {
      server.answer(stream(END), status(404));
      for (const expected of ['complete', 404]) {
        const each = open();
        const outcome = (): Promise<unknown> =>
          new Promise((resolve) =>
            observeStream(each).subscribe({
              complete: () => resolve('complete'),
              error: (error: EventStreamError) => resolve(error.status),
            }),
          );
        expect(await outcome()).toBe(expected);
        expect(await outcome()).toBe(expected);
      }
    });
  });
});
