import { resolve } from 'node:path';

/** What the environment may change. */
export interface DemoConfig {
  /** `PORT`; 0 takes a free one. */
  readonly port: number;
  /** `HOST`. Only this machine by default: the demo has no authentication. */
  readonly host: string;
  /** `PLATFORM`: `express` or `fastify`. */
  readonly platform: 'express' | 'fastify';
  /** `REQUEST_LOG`: the file that the log-tail page follows. */
  readonly requestLog: string;
  /** `REQUEST_LOG_MAX_BYTES`: the file is rotated when it gets larger. */
  readonly requestLogMaxBytes: number;
  /** `TYPING_PAUSE_MS`: between two characters of the typewriter page. */
  readonly typingPauseMs: number;
  /** `EVENT_LOG`: the URL of the Redis or NATS server that all nodes share; undefined for one process alone. */
  readonly eventLog: URL | undefined;
  /** `NODE_NAME`: what the pages call this process. It is a token of topics. */
  readonly nodeName: string;
  /** `SESSION_KEY`: signs the cookies of sessions, the same on all nodes; undefined for one made with the process. */
  readonly sessionKey: string | undefined;
  /** `SUPERVISED=yes`: something starts this process again when it dies, so that the page Nodes may kill it. */
  readonly isSupervised: boolean;
}

export const DEMO_CONFIG = Symbol('DEMO_CONFIG');

/** @throws Error that names the variable and what it may be */
export function readConfig(env: NodeJS.ProcessEnv): DemoConfig {
  return {
    port: wholeNumber('PORT', env['PORT'], 3000, 0, 65_535),
    host: env['HOST'] || '127.0.0.1',
    platform: platformOf(env['PLATFORM']),
    requestLog: resolve(env['REQUEST_LOG'] || 'logs/requests.log'),
    requestLogMaxBytes: wholeNumber(
      'REQUEST_LOG_MAX_BYTES',
      env['REQUEST_LOG_MAX_BYTES'],
      1024 * 1024,
      1024,
      Number.MAX_SAFE_INTEGER,
    ),
    typingPauseMs: wholeNumber(
      'TYPING_PAUSE_MS',
      env['TYPING_PAUSE_MS'],
      30,
      0,
      60_000,
    ),
    eventLog: engineUrl(env['EVENT_LOG']),
    nodeName: nodeNameOf(env['NODE_NAME']),
    sessionKey: env['SESSION_KEY'] || undefined,
    isSupervised: env['SUPERVISED'] === 'yes',
  };
}

function wholeNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (!text) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(
    `${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`,
  );
}

function platformOf(text: string | undefined): DemoConfig['platform'] {
  if (!text) return 'express';
  if (text === 'express' || text === 'fastify') return text;
  throw new Error(
    `PLATFORM must be express or fastify, not ${JSON.stringify(text)}.`,
  );
}

function engineUrl(text: string | undefined): URL | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (/^(?:rediss?|nats|tls):$/.test(url?.protocol ?? '')) return url;
  // Not the text itself: there may be a password in it.
  throw new Error(
    'EVENT_LOG must be a URL such as redis://127.0.0.1:6379 or nats://127.0.0.1:4222.',
  );
}

function nodeNameOf(text: string | undefined): string {
  if (!text) return 'node-1';
  if (/^[\w=-]{1,40}$/.test(text)) return text;
  throw new Error(
    `NODE_NAME must be 1 to 40 letters, digits, "-", "_" or "=", not ${JSON.stringify(text)}.`,
  );
}
