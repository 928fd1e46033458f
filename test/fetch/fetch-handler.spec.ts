import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  RequestMethod,
  Res,
} from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import {
  createFetchHandler,
  fromStreamProtocolRequest,
  toStreamProtocolResponse,
} from 'nestjs-event-stream/fetch';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

let pulled = 0;
let isReturned = false;

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  events(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }

  @SseStream('endless')
  async *endless() {
    try {
      for (;;) {
        pulled++;
        yield 'x'.repeat(16_384);
      }
    } finally {
      isReturned = true;
    }
  }

  @SseStream('answer', { method: RequestMethod.POST })
  async *answer(@Body('prompt') prompt: string) {
    for (const word of prompt.split(' ')) yield word;
  }

  @SseStream('missing')
  missing(): never {
    throw new NotFoundException('No such order');
  }

  @Get(':id')
  one(@Param('id') id: string, @Query('with') extra?: string) {
    return { id, extra };
  }

  @Post()
  create(@Body() body: object, @Req() { url }: { url: string }) {
    return { body, url };
  }

  @Get('nothing/at-all')
  @HttpCode(204)
  nothing(): void {}

  @Get('cookies/two')
  cookies(@Res({ passthrough: true }) response: unknown) {
    const { raw } = response as { raw?: object };
    (
      (raw ?? response) as { setHeader(n: string, v: string[]): void }
    ).setHeader('set-cookie', ['a=1', 'b=2']);
    return {};
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [OrdersController] })
class AppModule {}

type Handler = (request: Request) => Promise<Response>;

describe.each(PLATFORMS)(
  'a fetch handler of an application on %s',
  (platform) => {
    let application: TestApplication;
    let handle: Handler;
    let bus: EventBusService;

    beforeEach(async () => {
      pulled = 0;
      isReturned = false;
      application = await startApplication(platform, AppModule);
      handle = createFetchHandler(application.app);
      bus = application.app.get(EventBusService);
    });

    afterEach(() => application.close());

    const openStreams = () => application.app.get(SseConnections).count();

    async function readUntil(
      reader: ReadableStreamDefaultReader<Uint8Array>,
      wanted: string,
    ): Promise<string> {
      const decoder = new TextDecoder();
      let all = '';
      while (!all.includes(wanted)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the stream ended after ${all}`);
        all += decoder.decode(value, { stream: true });
      }
      return all;
    }

    it('answers plain routes: queries, bodies, cookies, statuses without a body', async () => {
      const one = await handle(
        new Request('http://localhost/orders/42?with=all'),
      );
      expect(await one.json()).toEqual({ id: '42', extra: 'all' });
      const created = await handle(
        new Request('http://localhost/orders', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ a: 1 }),
        }),
      );
      expect(created.status).toBe(201);
      expect(await created.json()).toEqual({ body: { a: 1 }, url: '/orders' });
      const nothing = await handle(
        new Request('http://localhost/orders/nothing/at-all'),
      );
      expect([nothing.status, nothing.body]).toEqual([204, null]);
      const cookies = await handle(
        new Request('http://localhost/orders/cookies/two'),
      );
      expect(cookies.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(cookies.headers.has('transfer-encoding')).toBe(false);
    });

    it('W3 gives a stream its status and headers, and events as they come', async () => {
      const response = await handle(
        new Request('http://localhost/orders/42/events'),
      );
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const reader = response.body!.getReader();
      await readUntil(reader, 'stream-live');
      await bus.publish('orders.42', { state: 'paid' });
      expect(await readUntil(reader, 'paid')).toContain(
        'data: {"state":"paid"}',
      );
      await reader.cancel();
    });

    it('W3 gives a refusal its real status', async () => {
      const response = await handle(
        new Request('http://localhost/orders/missing'),
      );
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ message: 'No such order' });
    });

    it('R2 resumes from the cursor of the request', async () => {
      const { id } = await bus.publish('orders.42', 'first');
      await bus.publish('orders.42', 'second');
      const response = await handle(
        new Request('http://localhost/orders/42/events', {
          headers: { 'last-event-id': id },
        }),
      );
      const reader = response.body!.getReader();
      const all = await readUntil(reader, 'stream-live');
      expect(all).toContain('data: second');
      expect(all).not.toContain('data: first');
      await reader.cancel();
    });

    it('C2 ends a stream whose body is cancelled', async () => {
      const response = await handle(
        new Request('http://localhost/orders/42/events'),
      );
      await until(async () => (await openStreams()) === 1);
      await response.body!.cancel();
      await until(async () => (await openStreams()) === 0);
    });

    it('C2 ends a stream whose request is aborted', async () => {
      const abort = new AbortController();
      const response = await handle(
        new Request('http://localhost/orders/42/events', {
          signal: abort.signal,
        }),
      );
      const reader = response.body!.getReader();
      await readUntil(reader, 'stream-live');
      abort.abort();
      await expect(readUntil(reader, 'never')).rejects.toThrow(/abort/i);
      await until(async () => (await openStreams()) === 0);
    });

    it('C2 refuses a request that was aborted before', async () => {
      await expect(
        handle(
          new Request('http://localhost/orders/42', {
            signal: AbortSignal.abort(),
          }),
        ),
      ).rejects.toThrow(/abort/i);
    });

    it('S3 pulls a generator no faster than the body is read, and lets go of it', async () => {
      const response = await handle(
        new Request('http://localhost/orders/endless'),
      );
      const reader = response.body!.getReader();
      let read = 0;
      while (read < 3_000_000) read += (await reader.read()).value!.length;
      // What is read, what the buffers between hold, and one turn of events.
      expect(pulled * 16_384).toBeLessThan(read + 8_000_000);
      await reader.cancel();
      await until(() => isReturned);
    });

    it('W3 streams the answer to a POST, to its end', async () => {
      const response = await handle(
        new Request('http://localhost/orders/answer', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ prompt: 'one two' }),
        }),
      );
      const all = await response.text();
      expect(all).toContain('data: one');
      expect(all).toContain('data: two');
      expect(all).toContain('event: stream-end');
    });

    it('C5 ends its streams with the application, with a farewell', async () => {
      const response = await handle(
        new Request('http://localhost/orders/42/events'),
      );
      const all = response.text();
      await until(async () => (await openStreams()) === 1);
      await application.app.close();
      expect(await all).toMatch(/retry: \d+\n\n$/);
    });

    it('leaves requests over the network as they are', async () => {
      await handle(new Request('http://localhost/orders/42'));
      const { body } = await request(application.url).get('/orders/7');
      expect(body).toEqual({ id: '7' });
      const client = await application.open('/orders/42/events');
      await client.untilType('stream-live');
      await handle(new Request('http://localhost/orders/42'));
      await bus.publish('orders.42', 'over the network');
      await client.untilEvents(1);
    });

    it('takes the host of a custom scheme for the first part of the path', async () => {
      const response = await handle(
        new Request('myapp-sse://orders/42?with=all'),
      );
      expect(await response.json()).toEqual({ id: '42', extra: 'all' });
      const other = createFetchHandler(application.app, {
        pathOf: ({ searchParams }) => `/orders/${searchParams.get('id')}`,
      });
      const mapped = await other(new Request('myapp-sse://type/?id=9'));
      expect(await mapped.json()).toEqual({ id: '9' });
    });

    it('refuses a pathOf() that gives no path', async () => {
      const wrong = createFetchHandler(application.app, {
        pathOf: () => 'orders',
      });
      await expect(
        wrong(new Request('http://localhost/')),
      ).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
        message: expect.stringContaining('slash') as string,
      });
    });

    it('answers registerStreamProtocol(), both ways', async () => {
      const answer = toStreamProtocolResponse(
        await handle(
          fromStreamProtocolRequest({
            url: 'myapp-sse://orders/answer',
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            uploadData: [
              { bytes: Buffer.from('{"prompt":"one ') },
              { bytes: Buffer.from('two"}') },
            ],
          }),
        ),
      );
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toBe('text/event-stream');
      expect(await text(answer.data)).toContain('data: two');

      const open = toStreamProtocolResponse(
        await handle(new Request('myapp-sse://orders/42/events')),
      );
      await until(async () => (await openStreams()) === 1);
      open.data.destroy();
      await until(async () => (await openStreams()) === 0);
    });
  },
);
