/** One block of a stream, as it arrived. */
export interface TestEvent<T = unknown> {
  /** The event's type; `message` where the block names none, and `:` for a comment, such as a heartbeat. */
  readonly type: string;
  /** What the data is as JSON; the text itself where it is none, and undefined where the block has no data. */
  readonly data: T;
  /** The data as it was sent. */
  readonly text: string | undefined;
  readonly id: string | undefined;
  /** All lines of the block. */
  readonly raw: string;
}

/** Whether a block is an event of the application's own: neither a control event nor a comment. */
export function isUserEvent({ type, text }: TestEvent): boolean {
  return text !== undefined && !type.startsWith('stream-');
}

/** Cuts the text of a stream into its blocks. */
export class BlockReader {
  #rest = '';

  /** What is complete with this chunk. */
  take(chunk: string): TestEvent[] {
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(parseBlock);
  }
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function parseBlock(raw: string): TestEvent {
  const lines = raw.split('\n');
  const valuesOf = (field: string): string[] =>
    lines
      .filter((line) => line === field || line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  const data = valuesOf('data');
  const text = data.length === 0 ? undefined : data.join('\n');
  const isComment =
    text === undefined && lines.every((line) => line.startsWith(':'));
  return {
    type: isComment ? ':' : valuesOf('event').at(-1) || 'message',
    data: text === undefined ? undefined : jsonOf(text),
    text,
    id: valuesOf('id').at(-1),
    raw,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A string is sent as it is.
    return text;
  }
}
