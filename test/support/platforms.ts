import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { atEnd } from './at-end.js';
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
  /** Whether the platform believes `X-Forwarded-For`. */
  readonly trustsProxy?: boolean;
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

/** Starts an application on a free port of the loopback interface. It is closed at the end, with all its clients. */
export async function startApplication(
  platform: PlatformName,
  module: Type | object,
  options: StartOptions = {},
): Promise<TestApplication> {
  const { configure, tls, port: wantedPort = 0 } = options;
  const app = await createApplication(platform, module as Type, options);
  const clients = new Set<SseTestClient>();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    for (const client of clients) client.close();
    return (closing ??= app.close());
  };
  atEnd(`the application on ${platform}`, close);
  if (process.env['TEST_FAST_PATH'] === 'off') turnOffFastPath(app);
  await configure?.(app);
  await app.listen(wantedPort, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const isHttp2 = platform === 'fastify-http2' && tls !== 'http/1.1';
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
    close,
  };
}

async function createApplication(
  platform: PlatformName,
  module: Type,
  { tls, trustsProxy = false }: StartOptions,
): Promise<INestApplication> {
  const isSecure = tls !== undefined;
  const options = { logger: false, abortOnError: false } as const;
  if (platform === 'express') {
    const app = await NestFactory.create<NestExpressApplication>(module, {
      ...options,
      ...(isSecure && { httpsOptions: CERTIFICATE }),
    });
    app.set('trust proxy', trustsProxy);
    return app;
  }
  const https = { ...CERTIFICATE, allowHTTP1: true };
  const adapter = new FastifyAdapter({
    ...(platform === 'fastify-http2' && { http2: true }),
    ...(isSecure && { https }),
    trustProxy: trustsProxy,
  } as object);
  return NestFactory.create(module, adapter as FastifyAdapter, options);
}
