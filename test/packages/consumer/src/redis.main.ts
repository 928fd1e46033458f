import { SseException } from 'nestjs-event-stream';
import { redisEventLog } from 'nestjs-event-stream/redis';

// Without the package ioredis, which is for those only who use it.
redisEventLog({ url: 'redis://127.0.0.1:6379' })
  .tail({ onRecords: () => undefined, onReset: () => undefined })
  .catch((error: unknown) => {
    if (error instanceof SseException)
      console.log(`${error.code}: ${error.message}`);
    else throw error;
  });
