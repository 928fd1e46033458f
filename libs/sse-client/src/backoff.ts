/** The longest time a timer can wait: a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a server that asks for `retry: 0` gets, and options that are no numbers: never a tight loop. */
const MIN_WAIT_MS = 100;

/**
 * How long to wait before the next request: at random within a window that doubles with each failure ("full jitter"),
 * so that thousands of clients that lost their server together do not come back together. What the server asked for,
 * by `retry` or `Retry-After`, comes first and is never shortened.
 *
 * @param failures how many requests in a row brought nothing, the latest included: 1 and more
 * @param baseMs the first window
 * @param maxMs the largest window
 * @param retryMs the stream's latest `retry`: servers spread it themselves, so that the first wait is exactly that
 * @param retryAfterMs the refusal's `Retry-After`
 */
export function waitMs(
  failures: number,
  baseMs: number,
  maxMs: number,
  retryMs: number | undefined,
  retryAfterMs: number | undefined,
): number {
  const isSpread =
    failures === 1 && retryMs !== undefined && retryAfterMs === undefined;
  const window = isSpread ? 0 : Math.min(maxMs, baseMs * 2 ** (failures - 1));
  const wait = (retryAfterMs ?? retryMs ?? 0) + Math.random() * window;
  return Math.min(MAX_TIMER_MS, Math.max(MIN_WAIT_MS, wait || 0));
}

/**
 * The milliseconds of a `Retry-After` header, in either of its forms.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMsOf(header: string | null): number | undefined {
  const milliseconds =
    Number(header ?? NaN) * 1000 || Date.parse(header ?? '') - Date.now();
  return milliseconds >= 0 ? milliseconds : undefined;
}
