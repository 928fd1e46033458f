// An application that says what is published on which topic has it checked by the compiler.
import { map, type Observable } from 'rxjs';
import {
  type EventBusService,
  pattern,
  type SseData,
  type SseMessage,
  type StreamEvent,
} from 'nestjs-event-stream';

class OrderShipped {
  orderId!: string;
}

class OrderDelayed {
  orderId!: string;
  minutes!: number;
}

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `orders.${string}`]: OrderShipped | OrderDelayed;
  }
}

export async function publish(bus: EventBusService, id: string) {
  const { id: eventId } = await bus.publish('orders.42', new OrderShipped());
  eventId satisfies string;
  await bus.publish(`orders.${id}`, new OrderDelayed());
  await bus.publish(`orders.${id}`, { data: new OrderDelayed() });
  await bus.publish('prices', 'whatever a topic without an entry carries');

  // @ts-expect-error -- not what orders carry
  await bus.publish('orders.42', 'shipped');
  // @ts-expect-error -- not what orders carry, in a message
  await bus.publish('orders.42', { type: 'order.shipped', data: 42 });
  // @ts-expect-error -- a transient event has no id
  (await bus.publish('a', 1, { transient: true })).id satisfies string;
}

export function stream(bus: EventBusService, id: string) {
  bus
    .stream(`orders.${id}`)
    .pipe(map((event) => event.data satisfies OrderShipped | OrderDelayed));
  bus.stream(`orders.${id}`, {
    filter: ({ data }) => data.orderId === '42',
    map: ({ data }) => ({ data: data.orderId }),
  });
  bus.stream(['prices', pattern('orders.*')]);

  bus.stream(`orders.${id}`, {
    // @ts-expect-error -- orders have no price
    filter: ({ data }) => data.price > 1,
  });
  // @ts-expect-error -- a number is no topic
  bus.stream(42);
}

// What a handler may return, and what its declared type may be.
export class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  asEvents(id: string): Observable<StreamEvent<OrderShipped | OrderDelayed>> {
    return this.bus.stream(`orders.${id}`);
  }

  asMessages(id: string): Observable<SseMessage> {
    return this.bus.stream(`orders.${id}`);
  }

  asMessagesOfOpenTopic(id: string): Observable<SseMessage> {
    return this.bus.stream(`prices.${id}`);
  }

  asMappedMessagesOfOpenTopic(): Observable<SseMessage> {
    return this.bus
      .stream('prices', { map: ({ data }) => ({ data }) })
      .pipe(map(({ data }) => ({ data: String(data) })));
  }
}

export function untyped(bus: EventBusService) {
  bus.stream('prices').subscribe((event) => {
    event.data satisfies SseData;
    event.topic satisfies string;
    event.publishedAt satisfies number;
    event.id satisfies string | undefined;
    // @ts-expect-error -- nobody said what prices carry
    event.data.amount satisfies number;
    // @ts-expect-error -- frozen
    event.type = 'another';
  });
  // @ts-expect-error -- events do not wait for a filter: a Promise would let all of them pass
  bus.stream('prices', { filter: async () => false });
  // @ts-expect-error -- a pattern is made by pattern() only
  bus.stream({ text: 'orders.*', tokens: [] });
}
