import {
  Controller,
  Injectable,
  Param,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { SseInspectorModule } from 'nestjs-event-stream/inspector';
import { openTestStream, type TestStream } from 'nestjs-event-stream/testing';
import { atEnd } from '../support/at-end.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string> }>();
    return headers['x-key'] === 'open';
  }
}

const HEADERS = { 'x-key': 'open', 'x-sse-inspector': '1' };

interface State {
  connections: { id: string; route: string; topics: string[] }[];
  topics: { topic: string; streams: number; events: number }[];
  events: { topic: string; data?: string }[];
  totals: { behind: number; waitingBytes: number };
}

const start = async (
  platform: (typeof PLATFORMS)[number],
  options: object = {},
) => {
  class AppModule {}
  const inspector = SseInspectorModule.forRoot({
    guards: [KeyGuard],
    ...options,
  });
  const { app, url } = await startApplication(platform, {
    module: AppModule,
    imports: [SseModule.forRoot(), inspector],
    controllers: [OrdersController],
  });
  const open = async (path: string, headers = {}): Promise<TestStream> => {
    const stream = await openTestStream(app, path, { headers });
    atEnd(`the stream of ${path}`, () => stream.close());
    return stream;
  };
  const post = (body: unknown, headers: Record<string, string> = HEADERS) =>
    fetch(`${url}/sse-inspector/disconnect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return { app, url, open, post };
};

/** The state that meets a condition: one comes every second. */
async function stateThat(
  stream: TestStream,
  meets: (state: State) => boolean,
): Promise<State> {
  const events = await stream.until(
    ({ data }) => meets(data as State),
    meets.toString(),
  );
  return events.at(-1)!.data as State;
}

describe.each(PLATFORMS)('the inspector on %s', (platform) => {
  it('shows streams, topics and events to whom its guard lets in, and ends a stream', async () => {
    const { app, url, open, post } = await start(platform);
    const stream = await open('/orders/1/events');
    await app.get(EventBusService).publish('orders.1', { note: '<b>hi</b>' });
    await stream.take(1);

    const page = await fetch(`${url}/sse-inspector`, { headers: HEADERS });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain(
      "default-src 'none'",
    );
    expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//);

    const inspector = await open('/sse-inspector/stream', HEADERS);
    const state = await stateThat(inspector, ({ events }) => events.length > 0);
    const shown = state.connections.find(
      ({ route }) => route === 'OrdersController.watch',
    )!;
    expect(shown).toMatchObject({
      topics: ['orders.1'],
      isBehind: false,
      isCongested: false,
      behindBy: 0,
    });
    expect(state.topics).toContainEqual(
      expect.objectContaining({ topic: 'orders.1', streams: 1, events: 1 }),
    );
    expect(state.events[0]).toMatchObject({
      topic: 'orders.1',
      data: '{"note":"<b>hi</b>"}',
    });

    const ended = { connection: shown.id, terminal: true };
    expect((await post(ended)).status).toBe(204);
    expect((await stream.next('stream-error')).data).toMatchObject({
      code: 'DISCONNECTED',
      message: 'Ended by an operator',
    });
    await stateThat(inspector, ({ connections }) =>
      connections.every(({ route }) => route !== 'OrdersController.watch'),
    );
  });

  it('shows nothing to others, and ends nothing for pages of other origins or without an id', async () => {
    const { url, open, post } = await start(platform);
    expect((await fetch(`${url}/sse-inspector`)).status).toBe(403);
    expect((await open('/sse-inspector/stream')).status).toBe(403);
    expect((await post({ connection: 'x' }, {})).status).toBe(403);
    const unmarked = { 'x-key': 'open' };
    expect((await post({ connection: 'x' }, unmarked)).status).toBe(403);
    expect((await post({})).status).toBe(400);
    expect((await post({ connection: { id: 1 } })).status).toBe(400);
  });

  it('says who is behind, and by how much', async () => {
    const { app, open } = await start(platform, { eventData: false });
    const bus = app.get(EventBusService);
    const slow = await open('/orders/1/events');
    const inspector = await open('/sse-inspector/stream', HEADERS);
    slow.stall();
    for (let count = 0; count < 99; count++)
      await bus.publish('orders.1', 'x'.repeat(1_000));
    await stateThat(inspector, ({ totals }) => totals.waitingBytes > 10_000);
    await bus.publish('orders.1', 'one more');
    const state = await stateThat(
      inspector,
      ({ totals }) => totals.behind === 1,
    );
    // The one that has trouble stands first.
    expect(state.connections[0]).toMatchObject({
      route: 'OrdersController.watch',
      isBehind: true,
      behindBy: 1,
    });
    expect(state.events).toHaveLength(50);
    expect(state.events[0]).not.toHaveProperty('data');
    slow.goOn();
    await slow.take(100);
  });
});

describe('SseInspectorModule', () => {
  it('refuses to start without a guard, unless that is said to be meant', () => {
    for (const options of [{}, { guards: [] }, { public: false }]) {
      expect(() => SseInspectorModule.forRoot(options)).toThrow(
        /guards: \[AdminGuard\].*public: true/s,
      );
    }
    expect(() => SseInspectorModule.forRoot({ public: true })).not.toThrow();
    expect(() =>
      SseInspectorModule.forRoot({ guards: ['admin'] } as never),
    ).toThrow(/guards must be an array of classes/);
  });
});
