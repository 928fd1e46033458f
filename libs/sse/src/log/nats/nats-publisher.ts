import type { PubAck } from '@nats-io/jetstream';
import { messageOf } from '../../base/log-error.js';
import { SseException } from '../../base/exception.js';
import { formatEventId } from '../../event/event-id.js';
import type { AppendResult, LogEntry } from '../event-log.js';
import type { FollowedLog } from './followed-log.js';
import { subjectOf } from './log-stream.js';
import {
  ENTRIES_PER_MESSAGE,
  encodeMessage,
  offsetsOf,
} from './message-codec.js';
import { apiCodeOf, isNoResponders } from './nats-errors.js';
import type { NatsLink } from './nats-link.js';
import type { NatsSettings } from './nats-settings.js';

/** The subject of messages that hold more than one entry; no topic has this form. */
const BATCH = '$batch';

/** What a message takes beside its body, headers included, in bytes. */
const OVERHEAD = 512;

/**
 * Appends to the stream, and settles in bounded time. Nothing is sent twice: a message without an id could be there
 * twice then.
 */
export class NatsPublisher {
  readonly #pending = new Set<Promise<unknown>>();

  constructor(private readonly settings: NatsSettings) {}

  /** @throws SseException `PUBLISH_REJECTED`, `PUBLISH_UNKNOWN` */
  append(
    entries: readonly LogEntry[],
    link: NatsLink,
    log: FollowedLog,
  ): Promise<readonly AppendResult[]> {
    if (!link.isUp) return rejected('NATS cannot be reached at the moment.');
    const packed = pack(entries);
    for (const { length } of packed) {
      if (length > ENTRIES_PER_MESSAGE)
        return rejected(
          `publishMany() takes ${ENTRIES_PER_MESSAGE} events at most on this log: they are one message of the stream.`,
        );
    }
    const messages = packed.map((some) => ({
      some,
      body: encodeMessage(some),
    }));
    const problem = problemOf(
      Math.max(...messages.map(({ body }) => body.byteLength)) + OVERHEAD,
      link.nc.info?.max_payload ?? Infinity,
      this.settings.maxBytes,
    );
    if (problem !== undefined) return rejected(problem);
    const sent = messages.map(({ some, body }) =>
      this.#send(some, body, link, log),
    );
    for (const one of sent) {
      this.#pending.add(one);
      one.catch(() => undefined).finally(() => this.#pending.delete(one));
    }
    return settle(sent);
  }

  /** Waits until everything that was sent has settled. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #send(
    entries: readonly LogEntry[],
    body: Uint8Array,
    link: NatsLink,
    log: FollowedLog,
  ): Promise<AppendResult[]> {
    const { stream, publishTimeoutMs } = this.settings;
    const { topic, messageId } = entries[0]!;
    const before = log.followed;
    const acknowledgement = link.js.publish(
      subjectOf(stream, entries.length === 1 ? topic : BATCH),
      body,
      {
        expect: { streamName: stream },
        timeout: publishTimeoutMs,
        ...(messageId !== undefined && { msgID: messageId }),
      },
    );
    const { seq: sequence, duplicate } = await answerBeforeBreak(
      acknowledgement,
      link,
    ).catch((error: unknown) => {
      throw publishError(error);
    });
    // A number that this node had passed when it sent the message is one of another stream of this name.
    const isOfThis = duplicate || sequence > before;
    const epoch = isOfThis
      ? await log.acknowledged(
          // The message that was there before may have another body.
          { sequence, body: duplicate ? undefined : body },
          publishTimeoutMs,
        )
      : undefined;
    if (epoch === undefined)
      throw publishError(new Error('the stream was made anew, or lost events'));
    return resultsOf(entries, sequence, epoch);
  }
}

/**
 * How entries go into messages: all in one, so that all or none are in the log. Where they have message ids, each goes
 * alone, because the server knows one id for each message.
 */
function pack(entries: readonly LogEntry[]): readonly (readonly LogEntry[])[] {
  return entries.some(({ messageId }) => messageId !== undefined)
    ? entries.map((entry) => [entry])
    : [entries];
}

/** Why a message of this size cannot be in the log. The server takes one over maxBytes, and drops it at once. */
function problemOf(
  size: number,
  maxPayload: number,
  maxBytes: number,
): string | undefined {
  if (size > maxPayload)
    return `A message of ${size} bytes is over what nats-server takes (max_payload ${maxPayload}): publish fewer events at once, or raise max_payload.`;
  if (size > maxBytes)
    return `A message of ${size} bytes is over what the log may hold (maxBytes ${maxBytes}): publish fewer events at once, or raise maxBytes.`;
  return undefined;
}

function resultsOf(
  entries: readonly LogEntry[],
  sequence: number,
  epoch: string,
): AppendResult[] {
  const offsets = offsetsOf(sequence, entries.length);
  return entries.map(({ transient }, index) =>
    transient === true
      ? undefined
      : { id: formatEventId(epoch, offsets[index]!) },
  );
}

async function settle(
  sent: readonly Promise<AppendResult[]>[],
): Promise<readonly AppendResult[]> {
  const outcomes = await Promise.allSettled(sent);
  const failed = outcomes.filter((one) => one.status === 'rejected');
  if (failed.length === 0) return (await Promise.all(sent)).flat();
  const { reason } = failed[0]!;
  const isNowhere = failed.every(({ reason: { code } }) => code === REJECTED);
  if (sent.length === 1 || (isNowhere && failed.length === sent.length))
    throw reason;
  throw new SseException(
    'PUBLISH_UNKNOWN',
    `A part of these events may be in the log (${messageOf(reason)}): publish all of them again with the same message ids.`,
    { cause: reason },
  );
}

/** The acknowledgement, or a failure as soon as the connection breaks: it cannot come any more. */
function answerBeforeBreak(
  acknowledged: Promise<PubAck>,
  link: NatsLink,
): Promise<PubAck> {
  return new Promise((resolve, reject) => {
    const stopListening = link.onDown(() =>
      reject(new Error('the connection broke')),
    );
    acknowledged.then(resolve, reject).finally(stopListening);
  });
}

const REJECTED = 'PUBLISH_REJECTED';

function rejected(text: string, cause?: unknown): Promise<never> {
  return Promise.reject(new SseException(REJECTED, text, { cause }));
}

function publishError(error: unknown): SseException {
  const text = messageOf(error);
  // The server has said no, or nobody was there to take it.
  if (apiCodeOf(error) !== undefined || isNoResponders(error)) {
    return new SseException(REJECTED, `NATS did not take the event: ${text}.`, {
      cause: error,
    });
  }
  return new SseException(
    'PUBLISH_UNKNOWN',
    `NATS has not acknowledged the event (${text}): it may be in the log. ` +
      'Publish it again with the same messageId, or look.',
    { cause: error },
  );
}
