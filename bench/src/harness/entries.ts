import type { Redis } from 'ioredis';

export const STREAM_KEY = 'bench';

const DATA = JSON.stringify({ text: 'x'.repeat(120) });

/** Appends so many entries, of which so many may be unanswered; gives the milliseconds that it took. */
export async function addEntries(
  client: Redis,
  count: number,
  inFlight: number,
): Promise<number> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0)
      await client.xadd(STREAM_KEY, 'MAXLEN', '~', 100_000, '*', 'd', DATA);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  return performance.now() - start;
}
