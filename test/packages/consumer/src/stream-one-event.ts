import type { INestApplication } from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import { OrderShipped } from './app.module.js';

/** Opens a stream over HTTP, publishes one event once it is live, and gives all that was received until then. */
export async function streamOneEvent(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/orders/42/events`);
  const bytes = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const readUntil = async (part: string) => {
    while (!text.includes(part)) {
      const { done, value } = await bytes.read();
      if (done) throw new Error(`The stream ended after: ${text}`);
      text += value;
    }
  };

  await readUntil('event: stream-live');
  const event = Object.assign(new OrderShipped(), { orderId: '42' });
  await app.get(EventBusService).publish('orders.42', event);
  await readUntil('{"orderId":"42"}');
  await app.close();
  return text;
}
