import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StreamRuntime } from '../../libs/sse/src/stream/stream-runtime.js';
import { SseTestClient, type OpenOptions } from './sse-client.js';

export type PlatformName = 'express' | 'fastify' | 'fastify-http2';

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
}

/** The platforms over HTTP/1.1, for `describe.each`. */
export const PLATFORMS: readonly PlatformName[] = ['express', 'fastify'];

/** All platforms, HTTP/2 included. */
export const ALL_PLATFORMS: readonly PlatformName[] = [
  ...PLATFORMS,
  'fastify-http2',
];

/** Starts an application on a free port of the loopback interface. */
export async function startApplication(
  platform: PlatformName,
  module: Type | object,
  { configure }: StartOptions = {},
): Promise<TestApplication> {
  const app = await createApplication(platform, module as Type);
  if (process.env['TEST_FAST_PATH'] === 'off') closeFastPath(app);
  await configure?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const clients = new Set<SseTestClient>();
  return {
    app,
    url,
    open: async (path, options) => {
      const client = await (platform === 'fastify-http2'
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
): Promise<INestApplication> {
  const options = { logger: false, abortOnError: false } as const;
  if (platform === 'express') return NestFactory.create(module, options);
  const adapter =
    platform === 'fastify'
      ? new FastifyAdapter()
      : new FastifyAdapter({ http2: true } as object);
  return NestFactory.create(module, adapter as FastifyAdapter, options);
}

/** For runs of whole suites; a test of its own says `fastPath: false`. */
function closeFastPath(app: INestApplication): void {
  const runtime: { allowsFastPath: boolean } = app.get(StreamRuntime, {
    strict: false,
  });
  runtime.allowsFastPath = false;
}
