// A stream whose topics change, checked by the compiler.
import { TopicStream } from 'nestjs-event-stream-client/topics';

interface Events {
  'order.shipped': { orderId: string };
}

export function topics() {
  const stream = new TopicStream<Events>('/live', {
    topics: ['a', { topic: 'b', since: 'epoch.1' }],
  });
  stream.subscribe('c');
  stream.subscribe('d', { since: 'epoch.1' });
  stream.on('order.shipped', ({ data }) => data.orderId.trim());
  stream.on('stream-topics', ({ data }) =>
    data.refused.map(({ topic }) => topic),
  );
  // @ts-expect-error the map does not name it
  stream.on('order.delayed', () => undefined);
  // @ts-expect-error its data has no such property
  stream.on('order.shipped', ({ data }) => data.id);
  // @ts-expect-error topics are texts
  stream.subscribe(42);
  // @ts-expect-error ids are texts
  stream.subscribe('e', { since: 1 });
  // @ts-expect-error what the topics are sent by is the stream's own
  return new TopicStream('/live', { body: {} });
}
