import type { EventStreamOptions } from '../servers/event-stream.js';
import { hasNchan, startNchan } from './nchan.js';
import { startServer, type Server, type ServerSpec } from './server.js';

/** The table's rows: this library's are marked by their name. */
export const OURS = 'nestjs-event-stream';

export function ours(
  platform: 'express' | 'fastify',
  options: Partial<EventStreamOptions> = {},
  remark = '',
): ServerSpec {
  return {
    name: `${OURS} (${platform}${remark && `, ${remark}`})`,
    file: 'event-stream',
    options: { platform, ...options },
  };
}

export const RAW_HTTP: ServerSpec = { name: 'raw http', file: 'raw-http' };
export const RAW_NET: ServerSpec = { name: 'raw net', file: 'raw-net' };

export const PEERS: readonly ServerSpec[] = [
  {
    name: 'Nest @Sse (express)',
    file: 'nest-sse',
    options: { platform: 'express' },
  },
  {
    name: 'Nest @Sse (fastify)',
    file: 'nest-sse',
    options: { platform: 'fastify' },
  },
  { name: 'better-sse', file: 'better-sse' },
  { name: '@fastify/sse', file: 'fastify-sse' },
  { name: '@boringnode/transmit', file: 'transmit' },
];

/** All of them, the reference first. */
export const EVERYBODY: readonly ServerSpec[] = [
  RAW_HTTP,
  RAW_NET,
  ours('express'),
  ours('fastify'),
  ...PEERS,
];

/** Starts servers side by side; `nchan` adds that one where it is installed. */
export async function startAll(
  specs: readonly ServerSpec[],
  nchan = false,
): Promise<Server[]> {
  const starting = specs.map(startServer);
  if (nchan && hasNchan()) starting.push(startNchan());
  return Promise.all(starting);
}

export async function stopAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
