import { ConnectionHub } from '../../libs/sse/src/connection/connection-registry.js';
import type { TestApplication } from './platforms.js';
import { until } from './until.js';

/** Waits until the application's connections have filled their sockets, and are given no more. */
export async function untilCongested({ app }: TestApplication): Promise<void> {
  const { connections } = app.get(ConnectionHub);
  let sent = -1;
  await until(() => {
    const before = sent;
    sent = 0;
    for (const { eventsSent } of connections) sent += eventsSent;
    const areFull = [...connections].every(
      ({ binding }) => !binding.isWritable,
    );
    return connections.size > 0 && areFull && sent === before;
  }, 'the clients are congested');
}
