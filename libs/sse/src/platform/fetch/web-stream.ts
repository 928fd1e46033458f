import { finished, type Readable } from 'node:stream';

/**
 * A Node stream as a web stream that holds one chunk at the most, and whose cancel destroys the Node stream. Node's own
 * `Readable.toWeb()` throws at the process when a stream ends after its reader has cancelled.
 */
export function webStreamOf(body: Readable): ReadableStream<Uint8Array> {
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        body.on('data', (chunk: Buffer) => {
          // A destroyed stream may still give what it had read.
          if (isCancelled) return;
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) body.pause();
        });
        body.pause();
        finished(body, { writable: false }, (error) => {
          if (isCancelled) return;
          if (error) controller.error(error);
          else controller.close();
        });
      },
      pull() {
        body.resume();
      },
      cancel() {
        isCancelled = true;
        body.destroy();
      },
    },
    { highWaterMark: 1 },
  );
}
