import { jest } from '@jest/globals';
import { createWatchdog, type Watchdog } from './watchdog.js';

describe('the watchdog', () => {
  let silences: number;
  let watchdog: Watchdog;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    silences = 0;
    watchdog = createWatchdog(() => silences++);
    watchdog.touch();
  });

  afterEach(() => jest.useRealTimers());

  it('barks once after the limit, counted from the latest sign of life', () => {
    watchdog.limit(1000);
    jest.advanceTimersByTime(900);
    watchdog.touch();
    jest.advanceTimersByTime(999);
    expect(silences).toBe(0);
    jest.advanceTimersByTime(1);
    expect(silences).toBe(1);
    jest.advanceTimersByTime(10_000);
    expect(silences).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('counts what came before it knew its limit', () => {
    jest.advanceTimersByTime(900);
    watchdog.limit(1000);
    jest.advanceTimersByTime(100);
    expect(silences).toBe(1);
  });

  it('sets no timer as long as it has no limit', () => {
    watchdog.check();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('looks a second time, so that bytes behind a busy event loop count', () => {
    watchdog.limit(1000);
    jest.advanceTimersByTime(999);
    watchdog.touch();
    jest.advanceTimersByTime(999);
    expect(silences).toBe(0);
  });

  it('notices on a look that the device slept longer than the limit', () => {
    watchdog.limit(1000);
    jest.setSystemTime(60_000);
    watchdog.check();
    jest.advanceTimersByTime(50);
    expect(silences).toBe(1);
  });

  it('says nothing while it is paused, and starts anew afterwards', () => {
    watchdog.limit(1000);
    watchdog.pause();
    jest.advanceTimersByTime(60_000);
    expect(silences).toBe(0);
    watchdog.touch();
    watchdog.check();
    jest.advanceTimersByTime(999);
    expect(silences).toBe(0);
    jest.advanceTimersByTime(100);
    expect(silences).toBe(1);
  });

  it('takes a limit beyond what timers can count to', () => {
    watchdog.limit(2 ** 40);
    jest.advanceTimersByTime(2 ** 32);
    expect(silences).toBe(0);
  });

  it('is over once it is stopped', () => {
    watchdog.limit(1000);
    watchdog.stop();
    watchdog.check();
    jest.advanceTimersByTime(60_000);
    expect(silences).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
