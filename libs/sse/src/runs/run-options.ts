import { CHECKED_ELSEWHERE, type OptionRules } from '../base/option-rules.js';
import type { SsePrincipal } from '../event/principal.js';

/** The bounds of one run; what is left out is taken from the module's. */
export interface RunLimits {
  /**
   * How long a run may take, in milliseconds, 100 or more.
   * @default 600000 (10 minutes)
   */
  readonly maxDurationMs?: number | undefined;
  /**
   * How many events a run may give, 1 or more.
   * @default 100000
   */
  readonly maxEvents?: number | undefined;
  /**
   * How many bytes of JSON a run may give, 1 or more.
   * @default 16777216 (16 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/** Appends several small events to the log in one go; they stay events of their own. */
export interface CoalesceOptions {
  /** How long an event may wait for others, in milliseconds, 1 or more. */
  readonly maxWaitMs: number;
  /**
   * How many events go together at the most, 2 or more.
   * @default 64
   */
  readonly maxEvents?: number | undefined;
}

/** How one run is started or attached to. */
export interface RunOptions {
  /**
   * Whose run it is: the same key of another principal is another run.
   * @default the principal of the connection whose handler calls
   */
  readonly principal?: SsePrincipal | undefined;
  /**
   * One run for everybody who knows the key, whoever they are.
   * @default false
   */
  readonly isShared?: boolean | undefined;
  /**
   * What a key stands for whose run is over: `attach` gives that run as long as the log has it, `restart` starts a
   * new one. A request that is made again by a client which resumes attaches all the same.
   * @default 'attach'
   */
  readonly whenFinished?: 'attach' | 'restart' | undefined;
  /** Bounds of this run; what is left out is the module's. */
  readonly limits?: RunLimits | undefined;
  /**
   * Appends several small events in one go.
   * @default each for itself
   */
  readonly coalesce?: CoalesceOptions | undefined;
}

/** How runs are kept; all have defaults. */
export interface StreamRunsOptions {
  /** The bounds of every run. */
  readonly limits?: RunLimits | undefined;
  /**
   * How many runs of one principal may be under way on one node, 1 or more.
   * @default no limit
   */
  readonly maxConcurrentPerPrincipal?: number | undefined;
  /**
   * How long a node may be silent before its runs are taken for lost, in milliseconds, 300 or more. It says that it
   * lives three times in this time; other nodes look as often, and believe only the second look.
   * @default 15000
   */
  readonly leaseMs?: number | undefined;
  /**
   * How long the state of a run that is over is known, in milliseconds, 1000 or more. Its events live as long as the
   * log keeps them.
   * @default 3600000 (one hour)
   */
  readonly retainMs?: number | undefined;
}

const LIMIT_RULES = {
  maxDurationMs: { min: 100, max: 2_147_483_647 },
  maxEvents: { integer: true, min: 1 },
  maxBytes: { integer: true, min: 1 },
} as const satisfies OptionRules;

export const RUN_RULES = {
  principal: CHECKED_ELSEWHERE,
  isShared: { type: 'boolean' },
  whenFinished: { oneOf: ['attach', 'restart'] },
  limits: { nested: LIMIT_RULES },
  coalesce: {
    nested: {
      maxWaitMs: { min: 1, max: 2_147_483_647 },
      maxEvents: { integer: true, min: 2 },
    },
    required: ['maxWaitMs'],
  },
} as const satisfies OptionRules;

export const STREAM_RUNS_RULES = {
  limits: { nested: LIMIT_RULES },
  maxConcurrentPerPrincipal: { integer: true, min: 1 },
  leaseMs: { min: 300, max: 2_147_483_647 },
  retainMs: { min: 1_000 },
} as const satisfies OptionRules;

/** The options with every default filled in. */
export interface RunSettings {
  readonly limits: Required<{ [K in keyof RunLimits]: number }>;
  readonly maxConcurrentPerPrincipal: number;
  readonly leaseMs: number;
  readonly retainMs: number;
}

export function runSettings(options: StreamRunsOptions): RunSettings {
  return {
    limits: limitsOf(options.limits, {
      maxDurationMs: 600_000,
      maxEvents: 100_000,
      maxBytes: 16 * 1024 * 1024,
    }),
    maxConcurrentPerPrincipal: options.maxConcurrentPerPrincipal ?? Infinity,
    leaseMs: options.leaseMs ?? 15_000,
    retainMs: options.retainMs ?? 3_600_000,
  };
}

export function limitsOf(
  limits: RunLimits = {},
  defaults: RunSettings['limits'],
): RunSettings['limits'] {
  return {
    maxDurationMs: limits.maxDurationMs ?? defaults.maxDurationMs,
    maxEvents: limits.maxEvents ?? defaults.maxEvents,
    maxBytes: limits.maxBytes ?? defaults.maxBytes,
  };
}
