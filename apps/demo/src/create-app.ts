import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import type { DemoConfig } from './config/demo-config.js';
import { serveApiDocument } from './site/api-document.js';

/** The same modules on either platform; only the chosen one is loaded. */
export async function createApp(
  platform: DemoConfig['platform'],
): Promise<INestApplication> {
  const options: NestApplicationOptions = {
    logger: ['warn', 'error', 'fatal'],
    // main.ts says in one place why a start failed.
    abortOnError: false,
  };
  const app = await create(platform, options);
  await serveApiDocument(app);
  // Without it a SIGTERM would drop the open streams instead of ending them.
  return app.enableShutdownHooks();
}

async function create(
  platform: DemoConfig['platform'],
  options: NestApplicationOptions,
): Promise<INestApplication> {
  if (platform === 'express') return NestFactory.create(AppModule, options);
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(AppModule, new FastifyAdapter(), options);
}
