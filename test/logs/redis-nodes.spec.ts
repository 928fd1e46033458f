import { EventBusService, SseConnections } from 'nestjs-event-stream';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { describeNodes, moduleOf } from '../support/nodes.js';
import {
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

describeNodes('one Redis log', async () => {
  const { url } = await startRedis();
  return { log: () => redisEventLog({ url }) };
});

describe('two nodes and their Redis server', () => {
  let server: RedisServer;
  let first: TestApplication;
  let second: TestApplication;

  beforeEach(async () => {
    server = await startRedis();
    const start = (): Promise<TestApplication> =>
      startApplication('express', moduleOf(redisEventLog({ url: server.url })));
    first = await start();
    second = await start();
  });

  it('N5 tell again who is connected when the server has forgotten it', async () => {
    await first.open('/topic');
    const connections = second.app.get(SseConnections);
    const count = () => connections.count({}, { scope: 'cluster' });
    await until(async () => (await count()) === 1);
    await server.command('flushall');
    expect(await count()).toBe(0);
    await first.open('/topic');
    await until(async () => (await count()) === 2);
  });

  it('C5 leave no connection behind when they close', async () => {
    await first.app.get(EventBusService).publish('topic', 1);
    await first.app.close();
    const left = async () =>
      String(await server.command('client', 'list', 'TYPE', 'normal'))
        .trim()
        .split('\n').length;
    // Those of the second node, and the one that asks.
    await until(async () => (await left()) <= 4);
  });
});
