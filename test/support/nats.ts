import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { atEnd } from './at-end.js';
import { EngineProcess, freePort } from './engines.js';
import { until } from './until.js';

const SERVER = process.env['NATS_SERVER_PATH'] ?? 'nats-server';

/** A NATS server of a test's own. */
export interface NatsServer {
  readonly port: number;
  readonly url: string;
  readonly process: EngineProcess;
  /** Keeps a copy of its data, while it does not run. */
  save(): void;
  /** Gives it the data of a copy, or none, while it does not run. */
  restore(data: 'saved' | 'none'): void;
  /** Works on its JetStream as somebody else would, on a connection of its own. */
  manage<T>(
    work: (jsm: JetStreamManager, nc: NatsConnection) => Promise<T>,
  ): Promise<T>;
}

export interface NatsServerOptions {
  /** @default true */
  readonly hasJetStream?: boolean;
  /** Lines of its configuration file. */
  readonly config?: string;
  /** @default a free one */
  readonly port?: number;
  /** How to reach a server whose configuration says that it speaks TLS. */
  readonly tls?: { readonly ca: string };
}

/** Starts a server with JetStream in a folder of its own. */
export async function startNats({
  hasJetStream = true,
  config = '',
  port: wanted,
  tls,
}: NatsServerOptions = {}): Promise<NatsServer> {
  const port = wanted ?? (await freePort());
  const manage: NatsServer['manage'] = async (work) => {
    const nc = await connect({
      servers: `127.0.0.1:${port}`,
      reconnect: false,
      timeout: 2_000,
      ...(tls && { tls }),
    });
    try {
      return await work(
        await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 }),
        nc,
      );
    } finally {
      await nc.close();
    }
  };
  const server = new EngineProcess(
    SERVER,
    (folder) => {
      const file = join(folder, 'nats.conf');
      const jetstream = hasJetStream
        ? `jetstream { store_dir: "${join(folder, 'data')}", max_mem: 256M, max_file: 1G }`
        : '';
      writeFileSync(
        file,
        `host: "127.0.0.1"\nport: ${port}\n${jetstream}\n${config}\n`,
      );
      return ['-c', file];
    },
    () =>
      manage(async (jsm, nc) => {
        if (hasJetStream && config === '') await jsm.getAccountInfo();
        else await nc.flush();
        return true;
      }).catch(isRefusal),
  );
  atEnd(`nats-server on port ${port}`, () => server.dispose());
  await server.start();
  const data = join(server.folder, 'data');
  const copy = join(server.folder, 'copy');
  return {
    save: () => cpSync(data, copy, { recursive: true }),
    restore: (which) => {
      rmSync(data, { recursive: true });
      if (which === 'saved') cpSync(copy, data, { recursive: true });
    },
    port,
    url: `nats://127.0.0.1:${port}`,
    process: server,
    manage,
  };
}

/** Whether a server that wants credentials has said so. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'AuthorizationError';
}

/** Starts three servers that keep streams together. */
export async function startNatsCluster(): Promise<readonly NatsServer[]> {
  const routes: number[] = [];
  for (let index = 0; index < 3; index++) routes.push(await freePort());
  const configOf = (route: number): string => `
    server_name: "server-${route}"
    cluster {
      name: "test", listen: "127.0.0.1:${route}"
      routes: [${routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]
    }`;
  const servers = await Promise.all(
    routes.map((route) => startNats({ config: configOf(route) })),
  );
  await until(
    () =>
      servers[0]!
        .manage(async (jsm) => (await jsm.getAccountInfo()) !== undefined)
        .catch(() => false),
    'the cluster has a leader',
    60_000,
  );
  return servers;
}
