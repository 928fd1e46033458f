import type { ConnectionHub } from '../connection/connection-hub.js';
import type { StreamOptions } from '../connection/connection-options.js';
import {
  GzipCoding,
  type CompressionOptions,
} from '../connection/gzip-coding.js';

import type { StreamAdmission } from './stream-admission.js';

/** What stream routes need of their module. */
export class StreamRuntime {
  readonly #codings = new Map<string, GzipCoding>();

  constructor(
    readonly hub: ConnectionHub,
    readonly options: StreamOptions,
    readonly admission: StreamAdmission,
    readonly allowsFastPath: boolean,
  ) {}

  /** The coding of these options, shared by all routes that have the same. */
  codingFor(options: CompressionOptions): GzipCoding {
    const key = `${options.level} ${options.minBytes}`;
    let coding = this.#codings.get(key);
    if (coding === undefined) {
      this.#codings.set(key, (coding = new GzipCoding(options)));
    }
    return coding;
  }
}
