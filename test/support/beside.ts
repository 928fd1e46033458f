/**
 * Lets work go on beside a test, which waits for it later. If the test fails before it does, that failure counts: what
 * the end of the application makes of the work would be an unhandled rejection, which ends the whole process.
 */
export function beside<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
