import { Logger } from '@nestjs/common';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { FaultRun, startNode } from '../support/faults/fault-run.js';
import { startNatsCluster, type NatsServer } from '../support/nats.js';
import { until } from '../support/until.js';

Logger.overrideLogger(false);

// Three servers and their elections take their time on a busy machine.
const LIMIT_MS = 120_000;

/** Two nodes with one log of three replicas. */
describe('a JetStream log on a cluster', () => {
  let servers: readonly NatsServer[];
  let run: FaultRun;

  /** The server that leads the stream at the moment; undefined while there is none. */
  const leader = async (): Promise<NatsServer | undefined> => {
    for (const server of servers) {
      const name = await server
        .manage(async (jsm, nc) => {
          const { cluster } = await jsm.streams.info('sse');
          return cluster?.leader === nc.info!.server_name;
        })
        .catch(() => false);
      if (name) return server;
    }
    return undefined;
  };

  beforeEach(async () => {
    servers = await startNatsCluster();
    const nodes = [];
    for (const platform of ['express', 'fastify'] as const) {
      const log = natsEventLog({
        servers: servers.map(({ url }) => url),
        replicas: 3,
        maxBytes: 100_000_000,
        publishTimeoutMs: 3_000,
      });
      nodes.push(await startNode(platform, log));
    }
    run = new FaultRun(nodes);
    await run.start();
  }, LIMIT_MS);

  it(
    'N2 goes on where another server leads the stream',
    async () => {
      for (let times = 0; times < 3; times++) {
        await servers[0]!.manage(async (_jsm, nc) => {
          await nc.request('$JS.API.STREAM.LEADER.STEPDOWN.sse');
        });
        await run.publishedMore(50);
      }
      expect(await run.finish()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'N2 goes on behind the crash of the leader, and of the next one',
    async () => {
      for (let times = 0; times < 2; times++) {
        await until(async () => (await leader()) !== undefined, 'a leader');
        const crashed = (await leader())!;
        await crashed.process.kill();
        await run.publishedMore(50);
        await crashed.process.start();
      }
      expect(await run.finish()).toEqual([]);
    },
    LIMIT_MS,
  );
});
