import type { SharedKeys } from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { atEnd } from '../support/at-end.js';
import { startNats, type NatsServer } from '../support/nats.js';
import { until } from '../support/until.js';

const TICKET = 'sse:ticket:a/b=c';

describe('values that nodes share by JetStream', () => {
  let server: NatsServer;

  const open = async (): Promise<SharedKeys> => {
    const log = natsEventLog({ servers: server.url });
    const tail = await log.tail({
      onRecords: () => undefined,
      onReset: () => undefined,
    });
    atEnd('the log', () => tail.stop().then(() => log.close()));
    return log.sharedKeys!;
  };

  beforeEach(async () => {
    server = await startNats();
  });

  it('A2 are given to one taker only, of many on several nodes', async () => {
    const nodes = [await open(), await open()];
    await nodes[0]!.put(TICKET, 'ann', 60_000);
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => nodes[index % 2]!.take(TICKET)),
    );
    expect(taken.filter((value) => value !== undefined)).toEqual(['ann']);
    expect(await nodes[1]!.get(TICKET)).toBeUndefined();
  });

  it('A2 are gone when their time is over', async () => {
    const keys = await open();
    await keys.put('brief', '1', 300);
    await keys.put('long', '2', 60_000);
    expect(await keys.get('brief')).toBe('1');
    await until(async () => (await keys.get('brief')) === undefined);
    expect(await keys.take('brief')).toBeUndefined();
    expect(await keys.get('long')).toBe('2');
  });

  it('A2 live as long as they are told to, although the bucket forgets after a day', async () => {
    const keys = await open();
    await keys.put('day', '1', 1_000);
    const ageOf = () =>
      server.manage(
        async (jsm) => (await jsm.streams.info('KV_sse_keys')).config.max_age,
      );
    expect(await ageOf()).toBe(86_400e9);
    await keys.put('week', '1', 7 * 86_400_000);
    expect(await ageOf()).toBe(7 * 86_400e9);
  });

  it('A2 go on in a new bucket where somebody has deleted it', async () => {
    const keys = await open();
    await keys.put(TICKET, '1', 60_000);
    await server.manage((jsm) => jsm.streams.delete('KV_sse_keys'));
    expect(await keys.get(TICKET)).toBeUndefined();
    await keys.put(TICKET, '2', 60_000);
    expect(await keys.take(TICKET)).toBe('2');
  });

  it('N2 are a coded failure while the server is away', async () => {
    const keys = await open();
    await server.process.kill();
    await expect(keys.get(TICKET)).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    });
  });
});
