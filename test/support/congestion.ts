import { streamsOf } from './internals.js';
import type { TestApplication } from './platforms.js';
import { until } from './until.js';

/** Waits until the application's connections have filled their sockets, and are given no more. */
export async function untilCongested(
  application: TestApplication,
): Promise<void> {
  const streams = streamsOf(application);
  let sent = -1;
  await until(() => {
    const before = sent;
    sent = 0;
    for (const { blocksSent } of streams.open) sent += blocksSent;
    const areFull = streams.open.every(({ isCongested }) => isCongested);
    return streams.open.length > 0 && areFull && sent === before;
  }, 'the clients are congested');
}
