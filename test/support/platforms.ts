import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CERTIFICATE } from './certificate.js';
import { turnOffFastPath } from './internals.js';
import { SseTestClient, type OpenOptions } from './sse-client.js';

export type PlatformName = 'express' | 'fastify' | 'fastify-http2';

export type Protocol = 'http/1.1' | 'h2';

/** A started application and how to open streams of it. */
export interface TestApplication {
  readonly app: INestApplication;
  readonly url: string;
  open(path: string, options?: OpenOptions): Promise<SseTestClient>;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Runs before the application listens: middleware, prefixes, global interceptors. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Serves TLS, and opens streams by this protocol. */
  readonly tls?: Protocol;
  /**
   * That of an application before it; else a free one.
   * @default 0
   */
  readonly port?: number;
}

/** The platforms over HTTP/1.1, for `describe.each`. */
export const PLATFORMS: readonly PlatformName[] = ['express', 'fastify'];

/** All platforms, HTTP/2 included. */
export const ALL_PLATFORMS: readonly PlatformName[] = [
  ...PLATFORMS,
  'fastify-http2',
];

/** Who serves TLS, and what clients speak over it: one port of Fastify's HTTP/2 server takes both protocols. */
export const TLS_PLATFORMS: readonly {
  readonly platform: PlatformName;
  readonly tls: Protocol;
}[] = [
  { platform: 'express', tls: 'http/1.1' },
  { platform: 'fastify', tls: 'http/1.1' },
  { platform: 'fastify-http2', tls: 'http/1.1' },
  { platform: 'fastify-http2', tls: 'h2' },
];

/** Starts an application on a free port of the loopback interface. */
export async function startApplication(
  platform: PlatformName,
  module: Type | object,
  { configure, tls, port: wantedPort = 0 }: StartOptions = {},
): Promise<TestApplication> {
  const app = await createApplication(
    platform,
    module as Type,
    tls !== undefined,
  );
  if (process.env['TEST_FAST_PATH'] === 'off') turnOffFastPath(app);
  await configure?.(app);
  await app.listen(wantedPort, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const isHttp2 = platform === 'fastify-http2' && tls !== 'http/1.1';
  const clients = new Set<SseTestClient>();
  return {
    app,
    url,
    open: async (path, options) => {
      const client = await (isHttp2
        ? SseTestClient.openHttp2(url + path, options)
        : SseTestClient.open(url + path, options));
      clients.add(client);
      return client;
    },
    close: async () => {
      for (const client of clients) client.close();
      await app.close();
    },
  };
}

function createApplication(
  platform: PlatformName,
  module: Type,
  isSecure: boolean,
): Promise<INestApplication> {
  const options = { logger: false, abortOnError: false } as const;
  if (platform === 'express') {
    const secure = isSecure && { httpsOptions: CERTIFICATE };
    return NestFactory.create(module, { ...options, ...secure });
  }
  const https = { ...CERTIFICATE, allowHTTP1: true };
  const adapter = new FastifyAdapter({
    ...(platform === 'fastify-http2' && { http2: true }),
    ...(isSecure && { https }),
  } as object);
  return NestFactory.create(module, adapter as FastifyAdapter, options);
}
