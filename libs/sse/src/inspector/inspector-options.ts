import type { ModuleMetadata, Type } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { SseException } from '../base/exception.js';
import { checkOptions } from '../base/option-rules.js';

/** Who may look, and at what. */
export interface SseInspectorOptions {
  /**
   * The guards of the page and of all that it asks for. Whoever they let in sees who is connected from where and what
   * is published, and may end streams.
   */
  readonly guards?: readonly Type<CanActivate>[] | undefined;
  /**
   * Says that anybody who reaches the page may do so: on a laptop, or behind a proxy that asks.
   * @default false
   */
  readonly public?: boolean | undefined;
  /**
   * The path of the page.
   * @default 'sse-inspector'
   */
  readonly path?: string | undefined;
  /** Modules with what the guards need. */
  readonly imports?: ModuleMetadata['imports'];
  /**
   * Whether the beginning of each event's data is shown.
   * @default true
   */
  readonly eventData?: boolean | undefined;
  /**
   * How many of the last events are shown, 1 to 1000.
   * @default 50
   */
  readonly recentEvents?: number | undefined;
}

/** The token of {@link InspectorSettings}. */
export const INSPECTOR_SETTINGS = Symbol('SSE_INSPECTOR_SETTINGS');

/** What the inspector shows. */
export interface InspectorSettings {
  readonly eventData: boolean;
  readonly recentEvents: number;
}

/** @throws SseException `INVALID_OPTIONS`, also without guards unless that is said to be meant */
export function checkInspectorOptions(options: SseInspectorOptions): void {
  const { imports: _imports, ...checked } = options;
  checkOptions('SseInspectorModule', checked, {
    guards: {
      check: (value) =>
        Array.isArray(value) && value.every((one) => typeof one === 'function')
          ? undefined
          : 'must be an array of classes',
    },
    public: { type: 'boolean' },
    path: { type: 'string' },
    eventData: { type: 'boolean' },
    recentEvents: { integer: true, min: 1, max: 1_000 },
  });
  const { guards = [], public: isPublic = false } = options;
  if (guards.length > 0 || isPublic) return;
  throw new SseException(
    'INVALID_OPTIONS',
    'SseInspectorModule shows who is connected and what is published, and ends streams: name the guards that decide ' +
      'who may, { guards: [AdminGuard] }, or say { public: true } where nobody else reaches it.',
  );
}
