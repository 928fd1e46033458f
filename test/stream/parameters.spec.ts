import { Controller, Get, SseSignal, UseInterceptors } from '@nestjs/common';
import {
  LastEventId,
  Principal,
  SseConn,
  SseConnection,
  SseStream,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { sendUnanswered } from '../support/unanswered-request.js';
import { until } from '../support/until.js';

let reachedHandler = false;
let aborted: string[] = [];
let controllers = 0;

@Controller()
class ParametersController {
  @SseStream('cursor')
  cursor(@LastEventId() lastEventId: string | undefined) {
    return of({ lastEventId: lastEventId ?? null });
  }

  @Get('plain-cursor')
  plainCursor(@LastEventId() lastEventId: string | undefined) {
    return { lastEventId };
  }

  @SseStream('connection')
  connection(
    @SseConn() connection: SseConnection,
    @Principal() principal: SsePrincipal | undefined,
  ) {
    const { id, lastEventId, topics, openedAt } = connection;
    return of({
      isConnection: connection instanceof SseConnection,
      id,
      lastEventId,
      topics,
      isRecent: Math.abs(Date.now() - openedAt) < 60_000,
      principal: principal === undefined ? 'none' : principal.id,
    });
  }

  @SseStream('closing')
  closing(@SseConn() connection: SseConnection) {
    queueMicrotask(() => setImmediate(() => connection.close()));
    return NEVER;
  }

  @Get('plain-connection')
  plainConnection(@SseConn() connection: SseConnection) {
    return connection.id;
  }

  @SseStream('signal')
  signal(
    @SseSignal() signal: AbortSignal,
    @SseConn() connection: SseConnection,
  ) {
    signal.addEventListener('abort', () => aborted.push('handler'));
    connection.signal.addEventListener('abort', () =>
      aborted.push('connection'),
    );
    return of({
      isSame: signal === connection.signal,
      isAborted: signal.aborted,
    });
  }

  @SseStream('working')
  async working(@SseSignal() signal: AbortSignal) {
    reachedHandler = true;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    aborted.push('while working');
    return NEVER;
  }

  @SseStream('piped-working')
  @UseInterceptors(PassThroughInterceptor)
  pipedWorking(@SseSignal() signal: AbortSignal) {
    return this.working(signal);
  }

  @SseStream('without-signal')
  withoutSignal() {
    return of(1);
  }
}

const AppModule = appOf([ParametersController]);

describe.each(ALL_PLATFORMS)('a parameter on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  beforeEach(() => {
    aborted = [];
    reachedHandler = false;
  });

  afterAll(() => application.close());

  const dataOf = async (path: string, lastEventId?: string) => {
    const client = await application.open(path, { lastEventId });
    const [event] = await client.untilEvents(1);
    return JSON.parse(event!.data!) as Record<string, unknown>;
  };

  it('R3 @LastEventId() is the header, else the last query parameter', async () => {
    expect(await dataOf('/cursor')).toEqual({ lastEventId: null });
    expect(await dataOf('/cursor?lastEventId=q', 'h')).toEqual({
      lastEventId: 'h',
    });
    expect(await dataOf('/cursor?last_event_id=1&lastEventId=2')).toEqual({
      lastEventId: '2',
    });
    expect(await dataOf('/cursor?lastEventId=1&lastEventID=3')).toEqual({
      lastEventId: '3',
    });
  });

  it('R3 @LastEventId() is the very id that was sent, whatever its script', async () => {
    const id = 'grün 日本 🦊';
    const header = Buffer.from(id).toString('latin1');
    expect(await dataOf('/cursor', header)).toEqual({ lastEventId: id });
    expect(
      await dataOf(`/cursor?lastEventId=${encodeURIComponent(id)}`),
    ).toEqual({
      lastEventId: id,
    });
  });

  it('@LastEventId() works on routes that are no streams', async () => {
    const client = await application.open('/plain-cursor', {
      lastEventId: '5',
    });
    await client.untilClosed();
    expect(client.raw).toBe('{"lastEventId":"5"}');
  });

  it('@SseConn() is the connection, and @Principal() undefined without authentication', async () => {
    const first = await dataOf('/connection', 'a.1');
    const second = await dataOf('/connection');
    expect(first).toEqual({
      isConnection: true,
      id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      lastEventId: 'a.1',
      topics: [],
      isRecent: true,
      principal: 'none',
    });
    expect(second.id).not.toBe(first.id);
  });

  it('@SseConn() closes the stream without an end', async () => {
    const client = await application.open('/closing');
    await client.untilClosed();
    expect(client.types).toEqual(['stream-open']);
    expect(client.isComplete).toBe(true);
  });

  it('@SseConn() is refused on a route that is no stream', async () => {
    const client = await application.open('/plain-connection');
    expect(client.status).toBe(500);
  });

  it("C2 Nest's @SseSignal() is the connection's signal", async () => {
    expect(await dataOf('/signal')).toEqual({ isSame: true, isAborted: false });
    await until(() => aborted.length === 2);
    expect(aborted.toSorted()).toEqual(['connection', 'handler']);
  });

  it.each(['/working', '/piped-working'])(
    'C2 the signal tells a handler that is still at work that its client has left: %s',
    async (path) => {
      const cut = sendUnanswered(platform, application.url + path);
      await until(() => reachedHandler);
      expect(aborted).toEqual([]);
      cut();
      await until(() => aborted.length > 0);
      expect(aborted).toEqual(['while working']);
    },
  );

  it('C2 the signal is made only when asked for', async () => {
    const original = globalThis.AbortController;
    globalThis.AbortController = class extends original {
      constructor() {
        super();
        controllers++;
      }
    };
    try {
      await dataOf('/without-signal');
      expect(controllers).toBe(0);
      await dataOf('/signal');
      expect(controllers).toBe(1);
    } finally {
      globalThis.AbortController = original;
      controllers = 0;
    }
  });
});
