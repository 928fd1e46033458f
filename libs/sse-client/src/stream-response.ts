import { retryAfterMsOf } from './backoff.js';
import { EventStreamError } from './event-stream-error.js';

const MAX_BODY_LENGTH = 64 * 1024;

/** Statuses below 500 that say nothing about the request itself. */
const RETRYABLE_STATUSES: readonly number[] = [408, 425, 429];

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * The reader of a response that is a stream.
 * @throws EventStreamError `REFUSED`, `NOT_A_STREAM`
 */
export async function readerOf(response: Response): Promise<Reader> {
  const { status, headers } = response;
  const reader = response.body?.getReader();
  const type = headers.get('content-type') ?? '';
  const isOk = status === 200;
  if (isOk && reader && /^text\/event-stream *(;|$)/i.test(type)) return reader;
  const body = await beginningOf(reader);
  if (isOk) {
    throw new EventStreamError(
      'NOT_A_STREAM',
      `The response is "${type}", not text/event-stream`,
      { status, body },
    );
  }
  throw new EventStreamError('REFUSED', `The server answered ${status}`, {
    status,
    body,
    retryAfterMs: retryAfterMsOf(headers.get('retry-after')),
    retryable: status >= 500 || RETRYABLE_STATUSES.includes(status),
  });
}

/** The beginning of a body, as text; what came until then if it breaks off. */
async function beginningOf(reader: Reader | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (reader && text.length < MAX_BODY_LENGTH) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader?.cancel();
  } catch {
    // The body is only there to be shown: what came of it is enough.
  }
  return text;
}
