import { redisEventLog } from 'nestjs-event-stream/redis';
import { atEnd } from '../support/at-end.js';
import { FaultRun } from '../support/faults/fault-run.js';
import { NodeProcess } from '../support/faults/node-process.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

describe('processes with one Redis log', () => {
  let server: RedisServer;
  let nodes: NodeProcess[];
  let run: FaultRun;

  const begin = async (maxEvents = 100_000): Promise<void> => {
    server = await startRedis();
    const options = { url: server.url, maxEvents, publishTimeoutMs: 2_000 };
    nodes = [
      new NodeProcess('express', options),
      new NodeProcess('fastify', options),
      new NodeProcess('express', options),
    ];
    await Promise.all(nodes.map((node) => node.start()));
    run = new FaultRun(nodes);
    await run.start();
  };
  const resets = () => run.clients.reduce((sum, one) => sum + one.resets, 0);

  it('N1 loses nothing when nodes are killed, one after the other', async () => {
    await begin();
    for (const node of nodes) {
      await node.kill();
      await run.publishedMore(50);
      await node.start();
      await run.publishedMore(50);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  }, 180_000);

  it('N1 goes on behind a node that was stopped for a while', async () => {
    await begin();
    nodes[1]!.freeze();
    await run.publishedMore(300);
    nodes[1]!.thaw();
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  }, 180_000);

  it('R3 resets the clients of a node that was stopped for longer than the log keeps events', async () => {
    await begin(20);
    nodes[1]!.freeze();
    await run.publishedMore(1_000);
    nodes[1]!.thaw();
    expect(await run.finish()).toEqual([]);
  }, 180_000);

  it('N5 forgets the streams of a node that died', async () => {
    await begin();
    const log = redisEventLog({ url: server.url });
    atEnd('the log', () => log.close());
    const listener = { onRecords: () => undefined, onReset: () => undefined };
    const tail = await log.tail(listener);
    atEnd('the tail', () => tail.stop());
    const nodesOf = async () =>
      new Set((await log.presence!.list()).map(({ node }) => node)).size;
    await until(async () => (await nodesOf()) === 3);
    await nodes[0]!.kill();
    await until(async () => (await nodesOf()) === 2, 'it is forgotten', 60_000);
  }, 180_000);
});
