export { redisEventLog, type RedisEventLogOptions } from './redis-event-log.js';
export type {
  RedisClientOptions,
  RedisClientOverrides,
} from './redis-client.js';
