import { setTimeout as delay } from 'node:timers/promises';
import type {
  JetStreamManager,
  StreamConfig,
  StreamInfo,
} from '@nats-io/jetstream';
import { SseException } from '../../base/exception.js';
import { isStreamMissing } from './nats-errors.js';
import type { NatsSettings } from './nats-settings.js';

const NANOSECONDS = 1_000_000;

/**
 * How long the server may take to remove the files of a stream that it does not know any more, in milliseconds. It
 * removes them by name: those of a stream that is made anew too early go as well, and what it holds cannot be read.
 */
const REMOVAL_MS = 500;

/** The oldest server that has what the log needs. */
const MIN_VERSION = [2, 9] as const;

/** Where the messages of the log go: topics are tokens of subjects by the rules of both. */
export function subjectOf(stream: string, topic: string): string {
  return `${stream}.${topic}`;
}

/**
 * Finds the stream, or makes it; bounds that have changed are changed in the stream.
 * @throws SseException `LOG_UNSUITABLE` for a stream that is none of ours
 */
export async function ensureStream(
  jsm: JetStreamManager,
  settings: NatsSettings,
): Promise<StreamInfo> {
  const wanted = configOf(settings);
  const info = await findStream(jsm, settings.stream);
  // Another process may make it at the same time, with the same configuration: then both succeed.
  if (info === undefined) return jsm.streams.add(wanted);
  assertOurs(info.config, wanted);
  const bounds = boundsOf(wanted);
  const isSame = BOUNDS.every((bound) => info.config[bound] === bounds[bound]);
  return isSame ? info : jsm.streams.update(settings.stream, bounds);
}

/** To be waited for before a stream that somebody has just deleted is made anew. */
export async function afterRemoval(): Promise<void> {
  await delay(REMOVAL_MS, undefined, { ref: false });
}

/** What the server says of a stream; undefined if there is none. */
export async function findStream(
  jsm: JetStreamManager,
  stream: string,
): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(stream);
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

/** @throws SseException `LOG_UNSUITABLE` */
export function assertVersion(version: string | undefined): void {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [minMajor, minMinor] = MIN_VERSION;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return;
  throw new SseException(
    'LOG_UNSUITABLE',
    `nats-server ${version ?? 'of an unknown version'} is too old: natsEventLog() needs ${MIN_VERSION.join('.')} or newer.`,
  );
}

function configOf(settings: NatsSettings) {
  const { stream, maxAgeMs } = settings;
  return {
    name: stream,
    description: 'The event log of nestjs-event-stream',
    subjects: [`${stream}.>`],
    retention: 'limits',
    discard: 'old',
    storage: settings.storage,
    num_replicas: settings.replicas,
    max_msgs: settings.maxEvents,
    max_bytes: settings.maxBytes,
    max_age: maxAgeMs === false ? 0 : Math.round(maxAgeMs * NANOSECONDS),
    duplicate_window: Math.round(settings.messageIdMs * NANOSECONDS),
  } as const satisfies Partial<StreamConfig>;
}

type WantedConfig = ReturnType<typeof configOf>;

function assertOurs(found: StreamConfig, wanted: WantedConfig): void {
  const { name, subjects, retention, discard } = wanted;
  const isOurs =
    found.retention === retention &&
    found.discard === discard &&
    !found.mirror &&
    !found.sources &&
    !found.sealed &&
    found.subjects?.length === 1 &&
    found.subjects[0] === subjects[0];
  if (isOurs) return;
  throw new SseException(
    'LOG_UNSUITABLE',
    `The JetStream stream ${name} is there already and is no event log: one has the single subject ${subjects[0]}, ` +
      'keeps by limits and discards old messages. Choose another name with the option stream, or delete the stream.',
  );
}

const BOUNDS = [
  'num_replicas',
  'max_msgs',
  'max_bytes',
  'max_age',
  'duplicate_window',
] as const satisfies readonly (keyof WantedConfig)[];

function boundsOf(wanted: WantedConfig) {
  const { num_replicas, max_msgs, max_bytes, max_age, duplicate_window } =
    wanted;
  return { num_replicas, max_msgs, max_bytes, max_age, duplicate_window };
}
