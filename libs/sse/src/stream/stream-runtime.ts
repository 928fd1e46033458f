import type { ConnectionHub } from '../connection/connection-hub.js';
import type {
  RetryOptions,
  StreamOptions,
} from '../connection/connection-options.js';

/** What stream routes need of their module. */
export class StreamRuntime {
  constructor(
    readonly hub: ConnectionHub,
    readonly options: StreamOptions,
    readonly drainRetry: RetryOptions | false,
    readonly allowsFastPath: boolean,
  ) {}
}
