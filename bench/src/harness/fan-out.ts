import { Clients } from './clients.js';
import { startAll, stopAll } from './contestants.js';
import type { Server, ServerSpec } from './server.js';
import { median, percentile } from './statistics.js';
import type { Row } from './report.js';

export interface FanOutOptions {
  readonly specs: readonly ServerSpec[];
  /** Whether Nchan takes part, where it is installed. */
  readonly nchan?: boolean;
  readonly connections: number;
  readonly perTurn: number;
  readonly bytes: number;
  readonly rounds?: number;
  /** Deliveries per window. */
  readonly deliveries?: number;
}

interface Contest {
  readonly server: Server;
  readonly clients: Clients;
  readonly cpuUs: number[];
  readonly rates: number[];
}

/** Bytes that may be on their way to one client. */
const IN_FLIGHT_BYTES = 32 * 1024;
const WINDOW_TIMEOUT_MS = 60_000;

/**
 * CPU per delivered event of several servers, each with its own clients: one window of each in turns, so that
 * what else happens on the machine meets all of them.
 */
export async function measureFanOut(options: FanOutOptions): Promise<Row[]> {
  const servers = await startAll(options.specs, options.nchan);
  const contests: Contest[] = [];
  try {
    for (const server of servers) {
      const clients = await Clients.open({
        ...server,
        count: options.connections,
      });
      contests.push({ server, clients, cpuUs: [], rates: [] });
    }
    for (const contest of contests) {
      await runWindow(contest, options, true);
      await runWindow(contest, options, true);
      contest.clients.latencies = [];
    }
    for (let round = 0; round < (options.rounds ?? 5); round++) {
      for (const contest of contests) await runWindow(contest, options, false);
    }
    return contests.map((contest) => rowOf(contest, contests[0]!));
  } finally {
    await Promise.all(contests.map(({ clients }) => clients.close()));
    await stopAll(servers);
  }
}

async function runWindow(
  { server, clients, cpuUs, rates }: Contest,
  options: FanOutOptions,
  isWarmUp: boolean,
): Promise<void> {
  const { connections, perTurn, bytes, deliveries = 150_000 } = options;
  const perRound = connections * perTurn;
  const turns = Math.max(2, Math.round(deliveries / perRound));
  const depth = Math.min(
    8,
    Math.max(1, Math.floor(IN_FLIGHT_BYTES / (bytes * perTurn))),
  );
  const start = clients.events;
  let acknowledged = 0;
  clients.onEvents = () => {
    const done = Math.floor((clients.events - start) / perRound);
    // Half the depth at a time: the channel to the server is not what is measured.
    if (done < turns && done - acknowledged < depth / 2) return;
    if (done === acknowledged) return;
    acknowledged = done;
    server.acknowledge(done);
  };
  const timer = setTimeout(() => {
    throw new Error(
      `${server.name}: ${clients.events - start} of ${turns * perRound} events arrived`,
    );
  }, WINDOW_TIMEOUT_MS);
  const { cpuMs, wallMs } = await server.window({
    turns,
    perTurn,
    bytes,
    depth,
  });
  clearTimeout(timer);
  clients.onEvents = undefined;
  if (isWarmUp) return;
  cpuUs.push((cpuMs * 1000) / (turns * perRound));
  rates.push((turns * perRound) / (wallMs / 1000));
}

function rowOf(
  { server, clients, cpuUs, rates }: Contest,
  first: Contest,
): Row {
  const ratios = cpuUs.map((value, round) => value / first.cpuUs[round]!);
  return {
    name: server.name,
    'CPU µs per delivery': median(cpuUs),
    'of raw http': median(ratios),
    'deliveries/s': Math.round(median(rates)),
    'p50 ms': percentile(clients.latencies, 0.5),
    'p99 ms': percentile(clients.latencies, 0.99),
  };
}
