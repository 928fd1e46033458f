import type { ConnectionRegistry } from '../connection/connection-registry.js';
import {
  streamSettings,
  type StreamOptions,
  type StreamSettings,
} from '../connection/stream-settings.js';
import {
  GzipCoding,
  type CompressionOptions,
} from '../connection/gzip/gzip-coding.js';
import type { WriteLoop } from '../connection/output/write-loop.js';
import { plain } from '../event/dialect.js';
import type { RouteEncoding } from '../event/route-encoding.js';
import type { RouteSerializers } from './route-serializers.js';
import type { StreamAdmission } from './stream-admission.js';
import type { StreamRoute } from './stream-route.js';

/** How the module's stream routes are set, and what their connections share. */
export class RouteSettings {
  readonly #codings = new Map<string, GzipCoding>();
  readonly #settings = new WeakMap<StreamOptions, StreamSettings>();

  constructor(
    readonly registry: ConnectionRegistry,
    readonly loop: WriteLoop,
    readonly options: StreamOptions,
    readonly admission: StreamAdmission,
    readonly serializers: RouteSerializers,
    readonly allowsFastPath: boolean,
  ) {}

  /** The settings of a route's connections: one object for all that do not differ. */
  settingsOf(
    route: StreamOptions,
    heartbeat: StreamOptions['heartbeat'],
  ): StreamSettings {
    if (heartbeat !== undefined)
      return streamSettings(this.options, route, { heartbeat });
    let settings = this.#settings.get(route);
    if (settings === undefined) {
      settings = streamSettings(this.options, route);
      this.#settings.set(route, settings);
    }
    return settings;
  }

  /** How a route's events become bytes. */
  encodingOf(route: StreamRoute): RouteEncoding {
    const { frames = this.options.frames, dialect = this.options.dialect } =
      route.options;
    return this.serializers.encodingOf(
      route,
      frames === 'data-only' ? (dialect ?? plain) : undefined,
    );
  }

  /** Whether and how a route's streams are compressed. */
  compressionOf({ options }: StreamRoute): CompressionOptions | false {
    return options.compression ?? this.options.compression ?? false;
  }

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
