// What tests see of the library beyond its public API. No other file of test/ knows where in the sources it stands.
import type { INestApplicationContext } from '@nestjs/common';
import { ConnectionHub } from '../../libs/sse/src/connection/connection-registry.js';
import { StreamRuntime } from '../../libs/sse/src/route/route-settings.js';

export { Batch } from '../../libs/sse/src/connection/output/batch.js';
export { Frame } from '../../libs/sse/src/event/frame.js';
export {
  HttpTransport,
  type RawResponse,
} from '../../libs/sse/src/platform/http-transport.js';

export interface OpenStream {
  readonly eventsSent: number;
  /** Whether its socket takes no more at the moment. */
  readonly isCongested: boolean;
}

/** What an application holds for its streams, at the moment of the look. */
export interface HeldStreams {
  readonly open: readonly OpenStream[];
  /** How many requests are being authenticated, and are no open streams yet. */
  readonly openingCount: number;
  /** How many visits the shared timer has planned. */
  readonly timerCount: number;
  /** How many ended responses have clients that have not read to the end. */
  readonly endingCount: number;
  /** Whether nothing of any stream is left: no stream, no timer, no response. */
  readonly isEmpty: boolean;
}

export function streamsOf({
  app,
}: {
  readonly app: INestApplicationContext;
}): HeldStreams {
  const hub = app.get(ConnectionHub);
  return {
    get open() {
      return Array.from(hub.connections, ({ eventsSent, binding }) => ({
        eventsSent,
        isCongested: !binding.isWritable,
      }));
    },
    get openingCount() {
      return hub.openings.size;
    },
    get timerCount() {
      return hub.wheel.size;
    },
    get endingCount() {
      return hub.ending.size;
    },
    get isEmpty() {
      return hub.connections.size + hub.wheel.size + hub.ending.size === 0;
    },
  };
}

/** For runs of whole suites; a test of its own says `fastPath: false`. */
export function turnOffFastPath(app: INestApplicationContext): void {
  const runtime: { allowsFastPath: boolean } = app.get(StreamRuntime);
  runtime.allowsFastPath = false;
}
