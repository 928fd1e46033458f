import { MAX_TIMER_MS } from './backoff.js';

/** So long before the limit is the first look, to give bytes that wait behind a busy event loop their turn. */
const SECOND_LOOK_MS = 50;

export interface Watchdog {
  /** Sets how long silence may last, from the latest sign of life on. */
  limit(milliseconds: number): void;
  /** Something came. Costs no timer. */
  touch(): void;
  /** While the client itself does not read, silence means nothing: until the next `touch()` and `check()`. */
  pause(): void;
  /** Looks now, by the clock: timers stand still while a device sleeps. */
  check(): void;
  stop(): void;
}

/**
 * Notices that nothing came for too long. A connection that a proxy or a sleeping device has lost stays open and
 * silent for ever: nothing but the missing heartbeat tells.
 */
export function createWatchdog(onSilence: () => void): Watchdog {
  let limitMs = Infinity;
  let lastSign = Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const leftMs = (): number => limitMs - (Date.now() - lastSign);
  const check = (): void => {
    clearTimeout(timer);
    const left = leftMs();
    if (left === Infinity) return;
    timer =
      left > 0
        ? setTimeout(check, Math.min(left, MAX_TIMER_MS))
        : setTimeout(
            () => (leftMs() > 0 ? check() : onSilence()),
            SECOND_LOOK_MS,
          );
  };
  return {
    limit: (milliseconds) => {
      limitMs = milliseconds - SECOND_LOOK_MS;
      check();
    },
    touch: () => {
      lastSign = Date.now();
    },
    pause: () => {
      lastSign = Infinity;
    },
    check,
    stop: () => {
      limitMs = Infinity;
      clearTimeout(timer);
    },
  };
}
