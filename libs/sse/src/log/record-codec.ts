import type { LogEntry } from './event-log.js';

/** An entry as engines keep it: names and values in turn, all of them text. */
export type FlatFields = readonly string[];

/** What an engine's record says of an event; its place is the engine's to tell. */
export interface DecodedEntry {
  readonly topic: string;
  readonly type: string;
  readonly json: string;
  readonly publishedAt: number;
  readonly messageId: string | undefined;
  readonly isTransient: boolean;
  readonly trace: string | undefined;
}

// One letter each: the names are kept with every event.
const TOPIC = 't';
const TYPE = 'y';
const JSON_TEXT = 'd';
const PUBLISHED_AT = 'a';
const MESSAGE_ID = 'm';
const TRANSIENT = 'x';
const TRACE = 'c';

/** The form in which every engine keeps an entry, so that nodes of different versions understand each other. */
export function encodeEntry(entry: LogEntry): string[] {
  const fields = [
    TOPIC,
    entry.topic,
    TYPE,
    entry.type,
    JSON_TEXT,
    entry.json,
    PUBLISHED_AT,
    String(entry.publishedAt),
  ];
  if (entry.messageId !== undefined) fields.push(MESSAGE_ID, entry.messageId);
  if (entry.transient === true) fields.push(TRANSIENT, '1');
  if (entry.trace !== undefined) fields.push(TRACE, entry.trace);
  return fields;
}

/**
 * Reads an entry, and passes over fields of newer versions; undefined if it is none of ours, or broken. The JSON
 * text is not parsed here: only this library's publishers write it, after a check.
 */
export function decodeEntry(fields: FlatFields): DecodedEntry | undefined {
  let topic: string | undefined;
  let type: string | undefined;
  let json: string | undefined;
  let publishedAt = NaN;
  let messageId: string | undefined;
  let isTransient = false;
  let trace: string | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = fields[index + 1]!;
    switch (fields[index]) {
      case TOPIC:
        topic = value;
        break;
      case TYPE:
        type = value;
        break;
      case JSON_TEXT:
        json = value;
        break;
      case PUBLISHED_AT:
        publishedAt = value === '' ? NaN : Number(value);
        break;
      case MESSAGE_ID:
        messageId = value;
        break;
      case TRANSIENT:
        isTransient = value === '1';
        break;
      case TRACE:
        trace = value;
        break;
      default:
    }
  }
  if (!topic || !type || !json || !Number.isFinite(publishedAt))
    return undefined;
  return { topic, type, json, publishedAt, messageId, isTransient, trace };
}
