import { pause, type FaultRun } from './run-of-faults.js';

export interface Fault {
  readonly name: string;
  /** What is done, while publishing goes on and all clients are connected. */
  inflict(run: FaultRun): Promise<void>;
}

export const faults: readonly Fault[] = [
  {
    name: 'none',
    inflict: () => pause(2_000),
  },
  {
    name: 'clients are cut off again and again',
    async inflict({ clients }) {
      for (let round = 0; round < 20; round++) {
        clients[round % clients.length]!.cut();
        await pause(150);
      }
    },
  },
  {
    name: '500 events at once',
    async inflict(run) {
      const all = Array.from({ length: 500 }, () => run.publish(0));
      await Promise.all(all);
    },
  },
  {
    name: 'two clients are away for 500 events',
    async inflict(run) {
      for (const client of run.clients.slice(2)) client.leave();
      await Promise.all(Array.from({ length: 500 }, () => run.publish(0)));
      await pause(500);
      for (const client of run.clients.slice(2)) client.open();
    },
  },
  {
    name: 'two clients are away while the log is trimmed',
    async inflict(run) {
      for (const client of run.clients.slice(2)) client.leave();
      await pause(1_000);
      await run.redis(async (client) => {
        const keys = await client.keys('*');
        for (const key of keys)
          if ((await client.type(key)) === 'stream')
            await client.xtrim(key, 'MAXLEN', 5);
      });
      for (const client of run.clients.slice(2)) client.open();
    },
  },
  {
    name: 'all connections to Redis are cut',
    async inflict(run) {
      for (let round = 0; round < 3; round++) {
        await run.redis(async (client) => {
          for (const type of ['normal', 'pubsub'])
            await client.call('client', 'kill', 'type', type, 'skipme', 'yes');
        });
        await pause(700);
      }
    },
  },
  {
    name: 'Redis answers nothing for 4 s',
    async inflict({ engine }) {
      engine.freeze();
      await pause(4_000);
      engine.thaw();
    },
  },
  {
    name: 'Redis is killed and starts with its data, two clients are away',
    inflict: (run) => restartBehindTwo(run, 'kept'),
  },
  {
    name: 'Redis is killed and starts empty, two clients are away',
    inflict: (run) => restartBehindTwo(run, 'lost'),
  },
  {
    name: 'a node is killed and starts again',
    async inflict(run) {
      await run.killNode(0);
      await pause(1_000);
      await run.startNode(0);
    },
  },
];

async function restartBehindTwo(
  { clients, engine }: FaultRun,
  data: 'kept' | 'lost',
): Promise<void> {
  for (const client of clients.slice(2)) client.leave();
  await pause(1_000);
  await engine.restart(data);
  await pause(2_000);
  for (const client of clients.slice(2)) client.open();
}
