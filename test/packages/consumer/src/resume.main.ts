import 'reflect-metadata';
import { EventBusService } from 'nestjs-event-stream';
import { OrderShipped } from './app.module.js';
import { createApp } from './create-app.js';
import { OpenStream } from './open-stream.js';

const PATH = '/orders/42/events';

/** Drops a client off, publishes while it is away, and prints what it gets when it comes back. */
void createApp().then(async (app) => {
  await app.listen(0, '127.0.0.1');
  const publish = (orderId: string) =>
    app
      .get(EventBusService)
      .publish('orders.42', Object.assign(new OrderShipped(), { orderId }));
  const first = await OpenStream.open(app, PATH);
  await first.until('event: stream-live');
  const { id } = await publish('seen');
  await first.until('{"orderId":"seen"}');
  await first.close();
  await publish('missed');
  const second = await OpenStream.open(app, PATH, { 'last-event-id': id });
  await second.until('event: stream-live');
  await publish('live');
  await second.until('{"orderId":"live"}');
  await app.close();
  await second.untilClosed();
  const orders = second.text.match(/(?<="orderId":")\w+/g);
  console.log(`resumed: ${orders?.join(', ')}`);
});
