/** The fields of one block, checked and with data as text. */
export interface WireFields {
  readonly comment?: string | undefined;
  readonly retry?: number | undefined;
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly data?: string | undefined;
}

const LINE_BREAK = /\r\n|\r|\n/;

/**
 * One event block. Does not check: see {@link encodeMessage}.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function encodeFields({
  comment,
  retry,
  id,
  type,
  data,
}: WireFields): string {
  let block = '';
  if (comment !== undefined) block += lines(': ', comment);
  if (retry !== undefined) block += `retry: ${retry}\n`;
  if (id !== undefined) block += `id: ${id}\n`;
  if (type !== undefined && type !== '' && type !== 'message')
    block += `event: ${type}\n`;
  if (data !== undefined) block += lines('data: ', data);
  return `${block}\n`;
}

function lines(prefix: string, text: string): string {
  if (!text.includes('\n') && !text.includes('\r')) return `${prefix}${text}\n`;
  let block = '';
  for (const line of text.split(LINE_BREAK)) block += `${prefix}${line}\n`;
  return block;
}
