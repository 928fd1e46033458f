// `npm run soak -- --minutes 10`: clients connect, drop off, stall, resume, and are refused; streams end and fail. Then
// everything that the application held for them has to be gone, and its heap where it began. Exits with 1 if not.
import { parseArgs } from 'node:util';
import { startServer, type Server } from './harness/server.js';
import { SoakClient, wait, type SoakCounts } from './harness/soak-client.js';
import type { Held } from './servers/soak.js';

const CLIENTS = 50;
/** Code is compiled and pools are grown after so many seconds of load. */
const WARM_UP_SECONDS = 30;
const MAX_HEAP_RATIO = 1.05;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be above 0.');

const results = await Promise.all([soak('express'), soak('fastify')]);
if (results.includes(false)) process.exitCode = 1;

/** @returns whether nothing is left */
async function soak(platform: string): Promise<boolean> {
  const server = await startServer({
    name: platform,
    file: 'soak',
    options: { platform },
  });
  try {
    await load(server, WARM_UP_SECONDS);
    const before = await settled(server);
    const counts = await load(server, minutes * 60);
    const after = await settled(server);
    console.log(`${platform}: ${JSON.stringify(counts)}`);
    console.log(`  before ${JSON.stringify(before)}`);
    console.log(`  after  ${JSON.stringify(after)}`);
    const faults = faultsOf(before, after);
    for (const fault of faults) console.error(`  LEFT: ${fault}`);
    return faults.length === 0;
  } finally {
    await server.stop();
  }
}

async function load(server: Server, seconds: number): Promise<SoakCounts> {
  const counts: SoakCounts = {
    opened: 0,
    resumed: 0,
    refused: 0,
    ended: 0,
    dropped: 0,
    stalled: 0,
  };
  const clients = Array.from(
    { length: CLIENTS },
    () => new SoakClient(server.port, counts),
  );
  const running = clients.map((client) => client.run());
  const until = performance.now() + seconds * 1_000;
  for (let round = 1; performance.now() < until; round++) {
    await server.call('publish', 30);
    if (round % 100 === 0) await server.call('end');
    if (round % 150 === 0) await server.call('disconnect');
    await wait(20);
  }
  for (const client of clients) client.stop();
  await Promise.all(running);
  return counts;
}

interface Measured extends Held {
  readonly heapUsed: number;
}

/** Once nothing changes any more, with the same events in the log. */
async function settled(server: Server): Promise<Measured> {
  await server.call('fill');
  let held = await server.call<Held>('held');
  for (let round = 0; round < 100 && isHolding(held); round++) {
    await wait(100);
    held = await server.call<Held>('held');
  }
  const { heapUsed } = await server.memory();
  return { ...held, heapUsed };
}

function isHolding(held: Held): boolean {
  return Object.values(held).some((count) => count > 0);
}

function faultsOf(before: Measured, after: Measured): string[] {
  const faults: string[] = [];
  for (const name of ['streams', 'sockets', 'generators', 'timers'] as const)
    if (after[name] > 0) faults.push(`${after[name]} ${name}`);
  const ratio = after.heapUsed / before.heapUsed;
  if (ratio > MAX_HEAP_RATIO)
    faults.push(`${((ratio - 1) * 100).toFixed(1)} % of heap`);
  return faults;
}
