import { Redis } from 'ioredis';
import { bareResponses } from './bare-response.js';
import type { Contestant } from './contestant.js';
import { publishBurst, type BurstOptions } from './publishing.js';

const KEY = 'bare';

/** A loop that a person writes by hand: XADD on one connection, one blocking XREAD on another. */
export async function start({ url }: { url: string }): Promise<Contestant> {
  const publisher = new Redis(url);
  const reader = new Redis(url);
  const { write, ...served } = await bareResponses();
  const publish = (payload: object): Promise<unknown> =>
    publisher.xadd(
      KEY,
      'MAXLEN',
      '~',
      100_000,
      '*',
      'd',
      JSON.stringify(payload),
    );
  void read(reader, write);
  return {
    ...served,
    publish: (payload) => void publish(payload),
    calls: {
      burst: (options: BurstOptions) => publishBurst(publish, options),
    },
  };
}

async function read(
  reader: Redis,
  write: (events: readonly string[]) => void,
): Promise<never> {
  for (let last = '$'; ;) {
    const replies = await reader.xread(
      'COUNT',
      1000,
      'BLOCK',
      1000,
      'STREAMS',
      KEY,
      last,
    );
    const [, entries] = replies?.[0] ?? [];
    if (entries === undefined) continue;
    last = entries.at(-1)![0];
    write(entries.map(([, fields]) => fields[1]!));
  }
}
