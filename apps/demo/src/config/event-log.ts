import { memoryEventLog, type EventLog } from 'nestjs-event-stream';
import type { DemoConfig } from './demo-config.js';

/** The one thing that changes when the demo runs on more than one node. */
export async function eventLogOf({ eventLog }: DemoConfig): Promise<EventLog> {
  if (eventLog === undefined) return inMemory();
  // Only the client of the engine that is used gets loaded.
  if (/^rediss?:$/.test(eventLog.protocol)) {
    const { redisEventLog } = await import('nestjs-event-stream/redis');
    return redisEventLog({ url: eventLog.href, prefix: 'demo' });
  }
  const { natsEventLog } = await import('nestjs-event-stream/nats');
  return natsEventLog({ servers: eventLog.href, stream: 'demo' });
}

/** A burst of one topic must not push the history of the others out. */
function inMemory(): EventLog {
  return memoryEventLog({
    perPattern: {
      'demo.metrics.*': { maxEvents: 600 },
      'demo.burst': { maxEvents: 5000 },
      'demo.tabs': { maxEvents: 1000 },
      'demo.log.*': { maxEvents: 5000 },
    },
  });
}
