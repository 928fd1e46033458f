import { messageOf, messageOfData } from '../../event/message-form.js';
import { assertText, type SseMessage } from '../../event/message.js';
import type { Serializer } from '../../event/serializer.js';
import { StreamEvent } from '../../event/event-record.js';
import { assertPublicType, eventTypeOf } from '../../event/event-class.js';
import { SseException } from '../../base/exception.js';
import { checkOptions, type OptionRules } from '../../base/option-rules.js';
import { toJson } from '../../event/json.js';
import { assertJsonDepth } from '../../event/json-depth.js';
import { assertTopic } from '../../event/topic.js';
import type { Publishable } from '../../event/topic-map.js';
import type { LogEntry } from '../../log/event-log.js';
import {
  afterValidation,
  DEFAULT_VALIDATION_TIMEOUT_MS,
} from './event-validation.js';

/** How one event is published. */
export interface PublishOptions {
  /**
   * Live only: delivered in order with the others, but not in the log and without an id.
   * @default false
   */
  readonly transient?: boolean | undefined;
  /**
   * A name of your own for this event, 1-128 characters: publishing again with the same one, after a
   * `PUBLISH_UNKNOWN` for instance, never doubles it while the log remembers it.
   */
  readonly messageId?: string | undefined;
}

/** What is published, and where. */
export interface Publication extends PublishOptions {
  readonly topic: string;
  readonly event: unknown;
}

/** A publication whose event the compiler checks by its topic. */
export interface TypedPublication<T extends string> extends PublishOptions {
  readonly topic: T;
  readonly event: Publishable<T>;
}

/** What concerns every publication of a bus. */
export interface PublicationSettings {
  /** Bytes of an event's type and its data as JSON. */
  readonly maxEventBytes: number;
  /**
   * How long an event's asynchronous validators may take, in milliseconds.
   * @default 5000
   */
  readonly validationTimeoutMs?: number | undefined;
  /** Asked anew each time: an application may add global interceptors after its first event. */
  readonly serializer?: (() => Serializer) | undefined;
  /** See `LogEntry.trace`. */
  readonly trace?: string | undefined;
}

const PUBLISH_OPTION_RULES = {
  transient: { type: 'boolean' },
  messageId: { type: 'string' },
} as const satisfies OptionRules;

/** @throws SseException `INVALID_OPTIONS`: a `transient` that is misspelt would be kept for ever */
export function checkPublishOptions(options: PublishOptions): void {
  checkOptions('publish()', options, PUBLISH_OPTION_RULES);
}

/** @throws SseException `INVALID_OPTIONS` */
export function checkPublications(publications: readonly Publication[]): void {
  const list: unknown = publications;
  if (!Array.isArray(list) || !list.every(isObject)) {
    throw new SseException(
      'INVALID_OPTIONS',
      'publishMany() takes an array of { topic, event }.',
    );
  }
  for (const { topic: _topic, event: _event, ...options } of publications)
    checkOptions('publishMany()', options, PUBLISH_OPTION_RULES);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Checks a publication and makes the log's entry of it, encoded once for all. Gives a promise only if a
 * validator of the event's class needs one.
 * @throws SseException `INVALID_TOPIC`, `INVALID_EVENT`, `INVALID_MESSAGE`, `UNSERIALIZABLE_DATA`,
 *   `EVENT_TOO_LARGE`, `INVALID_OPTIONS`; the promise rejects with `INVALID_EVENT`, `VALIDATION_TIMEOUT`
 */
export function toLogEntry(
  publication: Publication,
  settings: PublicationSettings,
): LogEntry | Promise<LogEntry> {
  assertTopic(publication.topic);
  return toEntryOf(publication, settings);
}

/** As {@link toLogEntry}, also for topics of the library's own. */
export function toEntryOf(
  publication: Publication,
  {
    maxEventBytes,
    serializer,
    trace,
    validationTimeoutMs = DEFAULT_VALIDATION_TIMEOUT_MS,
  }: PublicationSettings,
): LogEntry | Promise<LogEntry> {
  const { event, transient, messageId } = publication;
  assertMessageId(messageId);
  if (transient === true && messageId !== undefined) {
    throw new SseException(
      'INVALID_OPTIONS',
      'A transient event has no messageId: it is not in the log, which is what remembers message ids.',
    );
  }
  const message = messageToPublish(event);
  const instance = validatable(message.data) ?? validatable(event);
  // Encoded before a validator may wait, so that what the caller changes meanwhile does not count.
  const entry = encode(
    message,
    publication,
    maxEventBytes,
    serializer?.(),
    trace,
  );
  return instance === undefined
    ? entry
    : afterValidation(instance, entry, validationTimeoutMs);
}

function encode(
  { type, data }: SseMessage,
  { topic, transient, messageId }: Publication,
  maxEventBytes: number,
  serializer: Serializer | undefined,
  trace: string | undefined,
): LogEntry {
  if (type !== undefined) assertPublicType(type);
  if (typeof data === 'string') assertText('data', data);
  const json = toJson(data, serializer);
  const text = type === undefined ? json : type + json;
  // A character is at most three bytes of UTF-8, so that most events need no count.
  const bytes = text.length * 3 <= maxEventBytes ? 0 : Buffer.byteLength(text);
  if (bytes > maxEventBytes) {
    throw new SseException(
      'EVENT_TOO_LARGE',
      `An event of ${bytes} bytes for ${topic} is over the limit of ${maxEventBytes} (maxEventBytes). ` +
        'Publish a reference and let clients fetch the rest, or raise the limit.',
    );
  }
  assertJsonDepth(json);
  return {
    topic,
    type: type || 'message',
    json,
    publishedAt: Date.now(),
    messageId,
    transient,
    trace,
  };
}

function messageToPublish(event: unknown): SseMessage {
  // Passed on from another topic.
  if (event instanceof StreamEvent)
    return { type: event.type, data: event.data as SseMessage['data'] };
  const message = messageOf(event);
  if (message === undefined) return messageOfData(event);
  for (const field of ['id', 'retry', 'comment'] as const) {
    if (message[field] === undefined) continue;
    throw new SseException(
      'INVALID_EVENT',
      `A published event has no ${field}: the log gives ids, and the connection the rest. If the object is ` +
        'data whose keys merely look like a message, publish it as { data: object }.',
    );
  }
  const { type } = messageOfData(message.data);
  return { type: message.type ?? type, data: message.data };
}

function validatable(value: unknown): object | undefined {
  return typeof value === 'object' &&
    value !== null &&
    eventTypeOf(value) !== undefined
    ? value
    : undefined;
}

function assertMessageId(messageId: unknown): void {
  if (messageId === undefined) return;
  if (typeof messageId === 'string' && /^[\x21-\x7e]{1,128}$/.test(messageId))
    return;
  throw new SseException(
    'INVALID_OPTIONS',
    'messageId must be a string of 1-128 printable ASCII characters without spaces.',
  );
}
