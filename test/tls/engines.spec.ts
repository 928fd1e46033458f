import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import type { EventLog } from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { atEnd } from '../support/at-end.js';
import { CERTIFICATE } from '../support/certificate.js';
import { freePort } from '../support/engines.js';
import { startNats } from '../support/nats.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

// Holds the key and a certificate that nobody vouches for but itself.
const pem = fileURLToPath(new URL('../support/localhost.pem', import.meta.url));
const TLS = { ca: CERTIFICATE.cert.toString() };

/** The places of what was appended to one log and followed by another one. */
async function followed(write: EventLog, read: EventLog): Promise<string[]> {
  const seen: string[] = [];
  for (const log of [write, read]) atEnd('a log', () => log.close());
  const tail = await read.tail({
    onRecords: (records) => seen.push(...records.map(({ json }) => json)),
    onReset: () => undefined,
  });
  atEnd('the tail', () => tail.stop());
  for (const json of ['1', '2'])
    await write.append([{ topic: 'a', type: 'message', json, publishedAt: 1 }]);
  await until(() => seen.length === 2);
  return seen;
}

/** What a log fails with when it is opened. */
async function failureOf(log: EventLog): Promise<unknown> {
  atEnd('the log', () => log.close());
  return log
    .tail({ onRecords: () => undefined, onReset: () => undefined })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

const unavailable = (message: RegExp) =>
  expect.objectContaining({
    code: 'LOG_UNAVAILABLE',
    message: expect.stringMatching(message),
  });

describe('a Redis log over TLS', () => {
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    await startRedis({
      'tls-port': String(port),
      'tls-cert-file': pem,
      'tls-key-file': pem,
      'tls-ca-cert-file': pem,
      'tls-auth-clients': 'no',
    });
  });

  it('N1 is written and followed by clients that trust the server', async () => {
    const byClient = redisEventLog({
      client: new Redis({
        port,
        host: 'localhost',
        tls: TLS,
        lazyConnect: true,
      }),
    });
    const byFactory = redisEventLog({
      createClient: ({ redis }) =>
        new Redis(`rediss://localhost:${port}`, { ...redis, tls: TLS }),
    });
    expect(await followed(byClient, byFactory)).toEqual(['1', '2']);
  });

  it('N2 says at boot that nobody vouches for the server, or that it speaks TLS', async () => {
    const url = `localhost:${port}`;
    expect(await failureOf(redisEventLog({ url: `rediss://${url}` }))).toEqual(
      unavailable(/self-signed certificate/),
    );
    expect(await failureOf(redisEventLog({ url: `redis://${url}` }))).toEqual(
      unavailable(/./),
    );
  });
});

describe('a JetStream log over TLS', () => {
  let port: number;

  beforeAll(async () => {
    const config = `tls { cert_file: "${pem}", key_file: "${pem}" }`;
    ({ port } = await startNats({ config, tls: TLS }));
  });

  it('N1 is written and followed by clients that trust the server', async () => {
    const log = () =>
      natsEventLog({
        servers: `tls://localhost:${port}`,
        connect: { tls: TLS },
      });
    expect(await followed(log(), log())).toEqual(['1', '2']);
  });

  it('N2 says at boot that nobody vouches for the server', async () => {
    for (const servers of [`tls://localhost:${port}`, `localhost:${port}`])
      expect(await failureOf(natsEventLog({ servers }))).toEqual(
        unavailable(/self-signed certificate/),
      );
  });
});
