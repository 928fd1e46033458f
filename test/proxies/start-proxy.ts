import { atEnd } from '../support/at-end.js';
import { EngineProcess, freePort } from '../support/engines.js';
import { SseTestClient, type OpenOptions } from '../support/sse-client.js';
import type { Protocol } from '../support/platforms.js';
import type { ProxyServer } from './servers.js';

/** What clients speak with a proxy: HTTP/1.1 without TLS, HTTP/2 with it. */
export type Way = Protocol;

export interface RunningProxy {
  urlOf(way: Way): string;
  open(way: Way, path: string, options?: OpenOptions): Promise<SseTestClient>;
}

/** The ways that clients may take through a server. */
export function waysOf({ hasTls }: ProxyServer): readonly Way[] {
  return hasTls ? ['http/1.1', 'h2'] : ['http/1.1'];
}

/** Starts a server in front of the application at a URL. It is ended at the end. */
export async function startProxy(
  server: ProxyServer,
  applicationUrl: string,
): Promise<RunningProxy> {
  const ports = {
    http: await freePort(),
    https: await freePort(),
    application: Number(new URL(applicationUrl).port),
  };
  const urlOf = (way: Way): string =>
    way === 'h2'
      ? `https://127.0.0.1:${ports.https}`
      : `http://127.0.0.1:${ports.http}`;
  const engine = new EngineProcess(
    process.env[server.variable] ?? server.program,
    (folder) => server.configure(folder, ports),
    () => answers(urlOf('http/1.1')),
  );
  atEnd(server.name, async () => {
    await engine.stop();
    await engine.dispose();
  });
  await engine.start();
  return {
    urlOf,
    open: (way, path, options) =>
      way === 'h2'
        ? SseTestClient.openHttp2(urlOf(way) + path, options)
        : SseTestClient.open(urlOf(way) + path, options),
  };
}

/** Whether the application answers through it, be it that there is nothing at this place. */
async function answers(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.text();
  return response.status < 500;
}
