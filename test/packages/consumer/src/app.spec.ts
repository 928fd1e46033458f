import { createApp } from './create-app.js';
import { streamOneEvent } from './stream-one-event.js';

it('streams in a test of the consumer', async () => {
  const text = await streamOneEvent(await createApp());
  expect(text).toContain('event: stream-open');
  expect(text).toContain('event: order.shipped');
});
