import { unserializable } from './unserializable.js';

/** How deep arrays and objects may be nested: far more than people write, far less than a call stack holds. */
export const MAX_JSON_DEPTH = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON text that is nested so deep that some subscriber's parser, filter or serializer would overflow
 * its stack over it, long after it was accepted.
 * @throws SseException `UNSERIALIZABLE_DATA`
 */
export function assertJsonDepth(json: string): void {
  // Each level takes a bracket on both sides.
  if (json.length <= 2 * MAX_JSON_DEPTH || !isTooDeep(json)) return;
  throw unserializable(
    `it is nested deeper than ${MAX_JSON_DEPTH} levels; send a flat list whose entries refer to each other`,
  );
}

function isTooDeep(json: string): boolean {
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) index = endOfString(json, index);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Where the quote is that ends a string. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

function isEscaped(json: string, index: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
