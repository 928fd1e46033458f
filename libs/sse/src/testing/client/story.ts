import type { TestEvent } from './event-blocks.js';

/** Characters of one block that a message shows. */
const MAX_BLOCK = 300;

/** Blocks that a message shows: the last ones. */
const MAX_BLOCKS = 20;

/** What a failed wait tells of the stream. */
export interface ToldStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly received: readonly TestEvent[];
  readonly end: 'complete' | 'cut' | undefined;
}

/** What came of a stream, for the message of a failed test. */
export function storyOf(stream: ToldStream): string {
  const { status, headers, text, received, end } = stream;
  const type = String(headers['content-type'] ?? 'no content type');
  if (status !== 200 || !type.startsWith('text/event-stream'))
    return `It is no stream. The answer: ${status}, ${type}\n${indent(text)}`;
  const state = {
    none: 'The stream is still open.',
    complete: 'The server has ended the stream.',
    cut: 'The connection was cut.',
  }[end ?? 'none'];
  if (received.length === 0) return `Nothing came. ${state}`;
  const shown = received.slice(-MAX_BLOCKS);
  const count =
    shown.length === received.length
      ? `${received.length} blocks`
      : `${received.length} blocks, the last ${shown.length} of them`;
  const blocks = shown.map(({ raw }) => indent(raw));
  return `${state} What came (${count}):\n${blocks.join('\n\n')}`;
}

function indent(text: string): string {
  const short =
    text.length <= MAX_BLOCK ? text : `${text.slice(0, MAX_BLOCK)}…`;
  return short.replaceAll(/^/gm, '  ');
}
