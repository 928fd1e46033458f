import { natsEventLog } from 'nestjs-event-stream/nats';
import { describeEventLog } from 'nestjs-event-stream/testing';
import { startNats, type NatsServer } from '../support/nats.js';

let server: NatsServer;
let logs = 0;

beforeAll(async () => {
  server = await startNats();
});

const RETENTION = ['maxEvents', 'maxBytes', 'maxAgeMs'] as const;
// Room for a batch, which is one message here; and no more than the server may reserve for all tests.
const MIN_BYTES = 100_000;
const MAX_BYTES = 4 * 1024 * 1024;
const bytesOf = (maxBytes = MAX_BYTES): number => Math.max(MIN_BYTES, maxBytes);
// The server knows no shorter age.
const ageOf = (maxAgeMs: number | false = false): number | false =>
  maxAgeMs && Math.max(100, maxAgeMs);
const stream = (): string => `contract-${logs++}`;

describeEventLog(
  'the JetStream log',
  ({ maxEvents, maxAgeMs, maxBytes } = {}) =>
    natsEventLog({
      servers: server.url,
      stream: stream(),
      maxEvents,
      maxAgeMs: ageOf(maxAgeMs),
      maxBytes: bytesOf(maxBytes),
    }),
  { retention: RETENTION },
);

describeEventLog(
  'the JetStream log with a window of two events, in memory',
  ({ maxEvents, maxAgeMs, maxBytes } = {}) =>
    natsEventLog({
      servers: server.url,
      stream: stream(),
      storage: 'memory',
      maxEvents,
      maxAgeMs: ageOf(maxAgeMs),
      maxBytes: bytesOf(maxBytes),
      window: { maxEvents: 2 },
    }),
  { retention: RETENTION },
);
