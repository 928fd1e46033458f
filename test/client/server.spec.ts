import {
  Body,
  CanActivate,
  Controller,
  ExecutionContext,
  ForbiddenException,
  RequestMethod,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseEvent,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import { EventStream } from 'nestjs-event-stream-client';
import type { Server } from 'node:http';
import { appOf } from '../support/app-of.js';
import { StreamCollector } from '../support/collected-stream.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const QUICK = { retry: { baseMs: 1 } };

@SseEvent('order.shipped')
class OrderShipped {
  constructor(readonly orderId: string) {}
}

class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined> }>();
    if (headers['authorization'] === 'Bearer fresh') return true;
    if (headers['authorization'] === undefined)
      throw new ForbiddenException('Not yours.');
    throw new UnauthorizedException('Expired.');
  }
}

@Controller()
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('orders')
  watch() {
    return this.bus.stream('orders');
  }

  @SseStream('beating', { heartbeat: { intervalMs: 200 } })
  beating() {
    return this.bus.stream('orders');
  }

  @SseStream('finite')
  finite() {
    return [1, 2, 3];
  }

  @UseGuards(TokenGuard)
  @SseStream('guarded')
  guarded() {
    return this.bus.stream('orders');
  }

  @SseStream('failing')
  async *failing() {
    yield 1;
    throw new ForbiddenException('No more.');
  }

  @SseStream('answer', { method: RequestMethod.POST })
  async *answer(@Body('question') question: string) {
    for (const token of question.split(' '))
      yield { type: 'token', data: token };
  }
}

function appWith(options: SseModuleOptions) {
  return appOf([OrdersController], {
    retry: { minMs: 20, maxMs: 50 },
    drain: { retry: { minMs: 20, maxMs: 50 } },
    ...options,
  });
}

describe.each(PLATFORMS)('the client with the server on %s', (platform) => {
  const streams = new StreamCollector();
  let application: TestApplication;
  let bus: EventBusService;

  async function start(options: SseModuleOptions = {}): Promise<void> {
    application = await startApplication(platform, appWith(options));
    bus = application.app.get(EventBusService);
  }

  afterEach(async () => {
    streams.closeAll();
    await application.close();
  });

  const open = (path: string, options = {}) =>
    streams.open(application.url + path, { ...QUICK, ...options });

  const cutAll = (): void =>
    (application.app.getHttpServer() as Server).closeAllConnections();

  const publish = (...data: number[]) =>
    bus.publishMany(data.map((each) => ({ topic: 'orders', event: each })));

  it('R1 R2 misses nothing and repeats nothing when it is cut, before its first event and after', async () => {
    await start();
    const collected = open('/orders');
    await collected.untilState('live');
    for (const round of [1, 2, 3, 4, 5]) {
      cutAll();
      await publish(round * 10, round * 10 + 1);
      await collected.untilEvents(round * 2);
    }
    await collected.untilState('live');
    expect(collected.texts).toEqual('10 11 20 21 30 31 40 41 50 51'.split(' '));
    expect(collected.states).toContain('replaying');
  });

  it('R2 gives the typed events of classes', async () => {
    await start();
    const stream = new EventStream<{ 'order.shipped': OrderShipped }>(
      `${application.url}/orders`,
    );
    try {
      const ids: string[] = [];
      stream.on('order.shipped', ({ data }) => ids.push(data.orderId));
      await until(() => stream.state.name === 'live');
      await bus.publish('orders', new OrderShipped('42'));
      await until(() => ids.length === 1);
      expect(ids).toEqual(['42']);
    } finally {
      stream.close();
    }
  });

  it('R3 hears of a reset, and comes out of it live', async () => {
    await start();
    const collected = open('/orders', { lastEventId: 'garbage' });
    await collected.untilState('live');
    await publish(1);
    await collected.untilEvents(2);
    expect(collected.texts).toEqual(['{"reason":"malformed"}', '1']);
  });

  it('R3 hears of a gap where the log has moved on while it was away', async () => {
    await start({ log: memoryEventLog({ maxEvents: 3 }) });
    const first = open('/orders');
    await first.untilState('live');
    await publish(1);
    await first.untilEvents(1);
    first.stream.close();
    await publish(2, 3, 4, 5, 6);
    const second = open('/orders', { lastEventId: first.stream.lastEventId });
    await second.untilState('live');
    await publish(7);
    await until(() => second.texts.includes('7'));
    expect(second.events[0]![0]).toBe('stream-reset');
    expect(second.texts.slice(1)).toEqual(['7']);
  });

  it('W5 is told of the end, and asks no more', async () => {
    await start();
    const collected = await open('/finite').untilClosed();
    expect(collected.texts).toEqual(['1', '2', '3']);
    expect(collected.stream.state).toEqual({ name: 'closed', reason: 'ended' });
    const { lastEventId } = collected.stream;
    const again = await open('/finite', { lastEventId }).untilClosed();
    expect(again.texts).toEqual([]);
    expect(again.stream.state).toEqual({ name: 'closed', reason: 'ended' });
  });

  it('W5 hears of a topic that ends', async () => {
    await start();
    const collected = open('/orders');
    await collected.untilState('live');
    await publish(1);
    await bus.end('orders');
    await collected.untilClosed();
    expect(collected.texts).toEqual(['1']);
    expect(collected.stream.state).toMatchObject({ reason: 'ended' });
  });

  it('W3 A1 shows the status and body of a refusal, and takes it as final', async () => {
    await start();
    const collected = await open('/guarded').untilClosed();
    const { status, body } = collected.failures[0]!;
    expect(status).toBe(403);
    expect(JSON.parse(body!)).toMatchObject({ message: 'Not yours.' });
  });

  it('A1 comes back with a fresh token after a 401', async () => {
    await start();
    let token = 'stale';
    const collected = open('/guarded', {
      headers: () => ({ authorization: `Bearer ${token}` }),
      onUnauthorized: () => {
        token = 'fresh';
      },
    });
    await collected.untilState('live');
    expect(collected.failures).toEqual([]);
  });

  it('W4 takes a final error in mid-stream as final', async () => {
    await start();
    const collected = await open('/failing').untilClosed();
    expect(collected.texts).toEqual(['1']);
    expect(collected.stream.state).toMatchObject({
      reason: 'failed',
      error: { code: 'STREAM_FAILED', data: { code: 'FORBIDDEN' } },
    });
  });

  it.each(['status', 'retry'] as const)(
    'C3 waits its turn where the server is full, and refuses by %s',
    async (refusal) => {
      await start({ limits: { total: 1 }, refusal });
      const first = open('/orders');
      await first.untilState('live');
      const second = open('/orders');
      await second.untilFailures(1);
      expect(second.failures[0]!.retryable).toBe(true);
      expect(second.codes[0]).toBe(
        refusal === 'status' ? 'REFUSED' : 'STREAM_FAILED',
      );
      first.stream.close();
      await second.untilState('live');
    },
  );

  it('C5 comes back to a server that was restarted', async () => {
    await start();
    const { port } = new URL(application.url);
    const collected = open('/orders');
    await collected.untilState('live');
    await application.close();
    await collected.untilState('waiting');
    application = await startApplication(platform, appWith({}), {
      port: Number(port),
    });
    await collected.untilState('live');
    // The memory log is a new one, and the client knows it.
    expect(collected.texts).toEqual(['{"reason":"epoch"}']);
  });

  it('sends a body, and reads the answer as it comes', async () => {
    await start();
    const collected = await open('/answer', {
      body: { question: 'how are you' },
    }).untilClosed();
    expect(collected.events).toEqual([
      ['token', 'how', ''],
      ['token', 'are', ''],
      ['token', 'you', ''],
    ]);
  });

  it('C1 stays with a quiet stream as long as its heart beats', async () => {
    await start();
    const collected = open('/beating');
    await collected.untilState('live');
    const { lastEventId } = collected.stream;
    // R4: the cursor moves at a heartbeat, which shows that several came.
    for (const _ of [1, 2, 3]) {
      await bus.publish('elsewhere', 1);
      const before = collected.stream.lastEventId;
      await until(() => collected.stream.lastEventId !== before);
    }
    expect(collected.stream.lastEventId).not.toBe(lastEventId);
    expect(collected.failures).toEqual([]);
  });
});
