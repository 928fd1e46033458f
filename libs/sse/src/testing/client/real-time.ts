// Taken when the kit is loaded, before a test puts fake timers in their place: a wait must end by the real time.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/**
 * Calls back after so many real milliseconds.
 * @returns takes that back
 */
export function afterReal(ms: number, callback: () => void): () => void {
  const timer = startTimer(callback, ms);
  return () => stopTimer(timer);
}
