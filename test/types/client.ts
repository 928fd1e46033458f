// What the compiler knows of the client: types of events, payloads, options.
import {
  EventStream,
  type EventStreamError,
  type ResetReason,
  type Serialized,
} from 'nestjs-event-stream-client';
import { observeStream } from 'nestjs-event-stream-client/rxjs';

class OrderShipped {
  orderId!: string;
  at!: Date;
  lines!: { sku: string; note?: string }[];

  describe(): string {
    return this.orderId;
  }
}

interface OrderEvents {
  'order.shipped': OrderShipped;
  'order.delayed': { minutes: number };
  note: string;
}

export function typed(stream: EventStream<OrderEvents>) {
  stream.on('order.shipped', (event) => {
    event.type satisfies 'order.shipped';
    const { data, text, lastEventId } = event;
    data.orderId satisfies string;
    // What JSON makes of it.
    data.at satisfies string;
    data.lines[0]?.note satisfies string | undefined;
    text satisfies string;
    lastEventId satisfies string;
    // @ts-expect-error -- no method comes over the wire
    data.describe();
    // @ts-expect-error -- not what this event carries
    data.minutes satisfies number;
  });
  // @ts-expect-error -- no such event
  stream.on('order.lost', () => undefined);
  // @ts-expect-error -- not what this event carries
  stream.on('note', ({ data }) => data.toFixed());

  stream.on('stream-reset', ({ data }) => data.reason satisfies ResetReason);
  stream.on('stream-live', ({ data }) => data.replayed satisfies number);
  stream.on('stream-error', ({ data }) => data.retryable satisfies boolean);

  stream.onAny((event) => {
    if (event.type === 'order.delayed') event.data.minutes satisfies number;
    if (event.type === 'stream-reset') event.data.reason satisfies ResetReason;
    // @ts-expect-error -- the data is known once the type is
    event.data.minutes satisfies number;
  });
  stream.onState((state) => {
    if (state.name === 'waiting') state.retryInMs satisfies number | undefined;
    // @ts-expect-error -- only a closed stream has a reason
    state.reason satisfies string;
  });
  stream.onFailure((error) => error.status satisfies number | undefined);
  (() => undefined) satisfies ReturnType<typeof stream.on>;

  observeStream(() => new EventStream<OrderEvents>('/orders')).subscribe(
    (event) => {
      if (event.type === 'note') event.data satisfies string;
    },
  );
}

export async function loop(stream: EventStream<OrderEvents>) {
  for await (const event of stream) {
    if (event.type === 'order.shipped') event.data.orderId satisfies string;
  }
}

export function untyped() {
  const stream = new EventStream('/orders');
  stream.on('anything', ({ data }) => {
    data satisfies unknown;
    // @ts-expect-error -- nobody said what it carries
    data.orderId satisfies string;
  });
}

export function asEventSource(Source: typeof EventSource = EventStream) {
  const source: EventSource = new EventStream('/orders', {
    withCredentials: true,
  });
  source.onmessage = ({ data }) => data satisfies string;
  return [source, new Source('/orders')];
}

export function byEventSourcesNames(stream: EventStream<OrderEvents>) {
  stream.addEventListener('order.shipped', (event) => {
    event.data satisfies string;
    event.lastEventId satisfies string;
  });
  stream.onerror = ({ error }) => error satisfies EventStreamError | undefined;
}

export function options(store: Storage, token: () => Promise<string>) {
  new EventStream('/orders', {
    body: { a: 1 },
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    persist: store,
    raw: ['token'],
    retry: { when: (error, failures) => error.retryable && failures < 5 },
  });
  // @ts-expect-error -- no such option
  new EventStream('/orders', { header: {} });
  // @ts-expect-error -- milliseconds are numbers
  new EventStream('/orders', { idleTimeoutMs: '5s' });
}

export const noMethods = {} satisfies Serialized<{ method(): void }>;
export const jsonOfArray = ['2026'] satisfies Serialized<Date[]>;
