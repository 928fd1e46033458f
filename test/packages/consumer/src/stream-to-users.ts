import type { INestApplication } from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import { OpenStream } from './open-stream.js';

const paths = ['/news/options', '/news/operators', '/news/shared'];

/**
 * Lets two users watch while one of them, a third one and nobody in particular publish. Gives the data that
 * arrived, by user and path.
 */
export async function streamToUsers(
  app: INestApplication,
): Promise<Record<string, string[]>> {
  await app.listen(0, '127.0.0.1');
  const streams = new Map<string, OpenStream>();
  for (const user of ['ann', 'bob']) {
    for (const path of paths) {
      const stream = await OpenStream.open(app, path, { 'x-user': user });
      await stream.until(
        path === '/news/shared' ? 'event: stream-open' : 'event: stream-live',
      );
      streams.set(`${user} ${path}`, stream);
    }
  }

  for (const user of ['eve', 'ann']) {
    await fetch(`${await app.getUrl()}/news`, {
      method: 'POST',
      headers: { 'x-user': user },
    });
  }
  await app.get(EventBusService).publish('news', 'by the server');
  for (const stream of streams.values()) await stream.until('by the server');
  await app.close();
  const received: Record<string, string[]> = {};
  for (const [name, stream] of streams) {
    await stream.untilClosed();
    received[name] = dataIn(stream.text);
  }
  return received;
}

/** The data of all events but the stream's own. */
function dataIn(text: string): string[] {
  return text
    .split('\n\n')
    .filter((block) => !block.includes('event: stream-'))
    .flatMap((block) => block.match(/(?<=^data: ).*/gm) ?? []);
}
