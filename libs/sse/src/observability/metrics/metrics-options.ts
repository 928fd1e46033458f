import type { Registry } from 'prom-client';
import type { OptionRules } from '../../base/option-rules.js';

/** Where metrics go, and how they are called. */
export interface SseMetricsOptions {
  /**
   * Where they are registered.
   * @default prom-client's own `register`
   */
  readonly registry?: Registry | undefined;
  /**
   * What their names begin with: letters, digits and `_`.
   * @default 'sse_'
   */
  readonly prefix?: string | undefined;
  /**
   * The bounds of the histogram of lags, in seconds, rising.
   * @default [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
   */
  readonly lagBuckets?: readonly number[] | undefined;
}

/** The token of the module's options. */
export const SSE_METRICS_OPTIONS = Symbol('SSE_METRICS_OPTIONS');

export const METRICS_RULES = {
  registry: { methods: ['registerMetric', 'removeSingleMetric'] },
  prefix: {
    check: (value) =>
      typeof value === 'string' && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(value)
        ? undefined
        : 'must be letters, digits and _, not beginning with a digit',
  },
  lagBuckets: {
    check: (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'number')
        ? undefined
        : 'must be an array of numbers',
  },
} as const satisfies OptionRules;
