import { createParser } from 'eventsource-parser';
import { EventStreamError } from './event-stream-error.js';

export interface BlockHandlers {
  /** A complete block: `text` and `id` are undefined where it has no such line. */
  onBlock(type: string, text: string | undefined, id: string | undefined): void;
  onRetry(milliseconds: number): void;
  onComment(): void;
}

/**
 * `eventsource-parser` for bytes, and made whole: what its versions 3 and 4 do differently, and what 3 leaves out.
 *
 * Version 3 says nothing of a block without data, although its id is the new cursor. So each block is given one empty
 * data line more, which is taken off again: every block then comes out, and one without data of its own is empty.
 * Version 3 also holds back a CR at the end of a chunk: line ends are made LF before.
 *
 * What is given back takes the next bytes, and throws an EventStreamError `EVENT_TOO_LARGE`.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createBlockParser(
  maxEventBytes: number,
  { onBlock, onRetry, onComment }: BlockHandlers,
): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  let endedWithCr = false;
  /** How many characters of an unfinished line came. Version 4 skips unknown lines, however long they are. */
  let lineLength = 0;

  const refuse = (): never => {
    throw new EventStreamError(
      'EVENT_TOO_LARGE',
      `An event is over maxEventBytes (${maxEventBytes})`,
    );
  };
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent: ({ event = 'message', data, id }) =>
      onBlock(event, data ? data.slice(0, -1) : undefined, id),
    onRetry,
    onComment,
    // Unknown fields and bad values of `retry` are to be ignored.
    onError: ({ type }) => type === 'max-buffer-size-exceeded' && refuse(),
  });
  // TextDecoder takes off the one byte order mark that may be; the parser must not look for another.
  parser.feed('\n');

  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true });
    if (!text) return;
    if (endedWithCr && text[0] === '\n') text = text.slice(1);
    endedWithCr = text.endsWith('\r');
    text = text.replace(/\r\n?/g, '\n');

    const isLineStart = !lineLength;
    const lines = text.split('\n');
    const rest = lines.at(-1)!.length;
    lineLength = lines.length > 1 ? rest : lineLength + rest;
    if (lineLength > maxEventBytes) refuse();
    parser.feed(
      text.replace(
        /\n+/g,
        ({ length }, offset) =>
          (offset || !isLineStart ? '\n' : 'data\n\n') +
          'data\n\n'.repeat(length - 1),
      ),
    );
  };
}
