import type { INestApplication } from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import { OrderShipped } from './app.module.js';
import { OpenStream } from './open-stream.js';

/** Opens a stream over HTTP, publishes one event once it is live, and gives all that was received until then. */
export async function streamOneEvent(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  const stream = await OpenStream.open(app, '/orders/42/events');
  await stream.until('event: stream-live');
  const event = Object.assign(new OrderShipped(), { orderId: '42' });
  await app.get(EventBusService).publish('orders.42', event);
  await stream.until('{"orderId":"42"}');
  await app.close();
  return stream.text;
}
