import { jest } from '@jest/globals';

/**
 * Keeps count of the timers that the library itself sets, whoever else sets some meanwhile.
 * `jest.restoreAllMocks()` ends it.
 */
export function countTimers(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of ['setInterval', 'setTimeout'] as const) {
    const set = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
    counts[name] = 0;
    jest.spyOn(globalThis, name).mockImplementation(((...args: unknown[]) => {
      if (new Error().stack!.includes('/libs/sse/src/')) counts[name]!++;
      return set(...args);
    }) as typeof set);
  }
  return counts;
}
