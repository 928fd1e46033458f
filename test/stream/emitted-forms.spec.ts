import { Controller, Module, Param, UseInterceptors } from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { SseEvent, SseModule, SseStream } from 'nestjs-event-stream';
import { from } from 'rxjs';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@SseEvent('order.shipped')
class OrderShipped {
  readonly orderId = '42';
  @Exclude() readonly cost = 7;
}

class Plain {
  readonly data = 'a field of its own';
}

const FORMS: readonly (readonly [string, unknown, string])[] = [
  [
    'a message',
    { type: 'tick', id: '7', data: { n: 1 } },
    'id: 7\nevent: tick\ndata: {"n":1}',
  ],
  [
    'an event class',
    new OrderShipped(),
    'event: order.shipped\ndata: {"orderId":"42"}',
  ],
  [
    'a message with an event class',
    { id: '7', data: new OrderShipped() },
    'id: 7\nevent: order.shipped\ndata: {"orderId":"42"}',
  ],
  ['text', 'hello', 'data: hello'],
  ['empty text', '', 'data: '],
  ['0', 0, 'data: 0'],
  ['false', false, 'data: false'],
  ['null', null, 'data: null'],
  ['an array', [1, { data: 2 }], 'data: [1,{"data":2}]'],
  ['an empty object', {}, 'data: {}'],
  ['data with other keys', { data: 1, other: 2 }, 'data: {"data":1,"other":2}'],
  [
    'data with some keys of a message',
    { type: 'a', id: 'b' },
    'data: {"type":"a","id":"b"}',
  ],
  [
    'an instance with keys of a message',
    new Plain(),
    'data: {"data":"a field of its own"}',
  ],
  ['a message with null', { data: null }, 'data: null'],
  ['a comment', { comment: 'c' }, ': c'],
  ['a retry', { retry: 5 }, 'retry: 5'],
  ['a comment with an id', { comment: 'c', id: '7' }, ': c\nid: 7'],
];

@Controller()
class FormsController {
  @SseStream('direct/:index')
  direct(@Param('index') index: string) {
    return from([FORMS[Number(index)]![1], 'after']);
  }

  @SseStream('piped/:index')
  @UseInterceptors(PassThroughInterceptor)
  *piped(@Param('index') index: string) {
    yield FORMS[Number(index)]![1];
    yield 'after';
  }

  @SseStream('nothing/direct')
  *undefinedValue() {
    yield 'before';
    yield undefined;
    yield 'never';
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [FormsController] })
class AppModule {}

describe.each(PLATFORMS)('what a handler emits on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  it.each(FORMS.map(([name, , block], index) => [name, index, block] as const))(
    'W1 arrives: %s',
    async (_name, index, block) => {
      for (const path of ['direct', 'piped']) {
        const client = await application.open(`/${path}/${index}`);
        await client.untilType('stream-end');
        const [, first, after] = client.blocks;
        expect(first!.raw).toBe(block);
        expect(after!.raw).toBe('data: after');
      }
    },
  );

  it('W1 does not vanish if it is undefined: the stream fails', async () => {
    const client = await application.open('/nothing/direct');
    const { data } = await client.untilType('stream-error');
    expect(JSON.parse(data!)).toMatchObject({ code: 'UNSERIALIZABLE_DATA' });
    await client.untilClosed();
    expect(client.events.map((event) => event.data)).toEqual(['before']);
  });
});
