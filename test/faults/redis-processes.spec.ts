import { redisEventLog } from 'nestjs-event-stream/redis';
import { describeProcesses } from '../support/faults/processes.js';
import { startRedis } from '../support/redis.js';

describeProcesses('redis', async () => {
  const { url, command } = await startRedis();
  return {
    options: { url },
    log: () => redisEventLog({ url }),
    lose: () => command('flushall'),
  };
});
