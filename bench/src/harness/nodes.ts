import { OURS } from './contestants.js';
import type { Engine } from './engines.js';
import { startServer, type Server } from './server.js';

/** Two nodes that share a log: what one publishes, the clients of the other get. */
export interface NodePair {
  readonly name: string;
  readonly publisher: Server;
  readonly deliverer: Server;
  stop(): Promise<void>;
}

/** Two of this library's, or two bare loops that issue the same commands. */
export async function startPair(
  { name: engine, url }: Engine,
  kind: 'ours' | 'bare',
): Promise<NodePair> {
  const name =
    kind === 'ours' ? `${OURS} (${engine})` : `bare loop (${engine})`;
  const file = kind === 'ours' ? 'log-node' : `bare-${engine}`;
  const publisher = await startServer({ name, file, options: { url } });
  const deliverer = await startServer({ name, file, options: { url } });
  return {
    name,
    publisher,
    deliverer,
    stop: async () => {
      await Promise.all([publisher.stop(), deliverer.stop()]);
    },
  };
}
