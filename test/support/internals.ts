// What tests see of the library beyond its public API. No other file of test/ knows where in the sources it stands.
import type { INestApplicationContext } from '@nestjs/common';
import { ConnectionRegistry } from '../../libs/sse/src/connection/connection-registry.js';
import { WriteLoop } from '../../libs/sse/src/connection/output/write-loop.js';
import { RouteSettings } from '../../libs/sse/src/route/route-settings.js';

export { Batch } from '../../libs/sse/src/connection/output/batch.js';
export { Frame } from '../../libs/sse/src/event/frame.js';
export type { RawResponse } from '../../libs/sse/src/platform/http-exchange.js';
export { HttpTransport } from '../../libs/sse/src/platform/http-transport.js';

export interface OpenStream {
  readonly blocksSent: number;
  /** Whether its socket takes no more at the moment. */
  readonly isCongested: boolean;
}

/** What an application holds for its streams, at the moment of the look. */
export interface HeldStreams {
  readonly open: readonly OpenStream[];
  /** How many requests are being authenticated, and are no open streams yet. */
  readonly plingeringCount: number;
  /** How many visits the shared timer has planned. */
  readonly timerCount: number;
  /** How many ended responses have clients that have not read to the end. */
  readonly lingeringCount: number;
  /** Whether nothing of any stream is left: no stream, no timer, no response. */
  readonly isEmpty: boolean;
}

export function streamsOf({
  app,
}: {
  readonly app: INestApplicationContext;
}): HeldStreams {
  const registry = app.get(ConnectionRegistry);
  const loop = app.get(WriteLoop);
  return {
    get open() {
      return Array.from(registry.connections, ({ blocksSent, binding }) => ({
        blocksSent,
        isCongested: !binding.isWritable,
      }));
    },
    get plingeringCount() {
      return registry.pending.size;
    },
    get timerCount() {
      return loop.wheel.size;
    },
    get lingeringCount() {
      return loop.lingering.size;
    },
    get isEmpty() {
      return (
        registry.connections.size + loop.wheel.size + loop.lingering.size === 0
      );
    },
  };
}

/** For runs of whole suites; a test of its own says `fastPath: false`. */
export function turnOffFastPath(app: INestApplicationContext): void {
  const settings: { allowsFastPath: boolean } = app.get(RouteSettings);
  settings.allowsFastPath = false;
}
