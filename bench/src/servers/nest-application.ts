import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { listen } from './listen.js';

export type Platform = 'express' | 'fastify';

export async function createApplication(
  platform: Platform,
  module: Type,
): Promise<{ readonly app: INestApplication; readonly port: number }> {
  const options = { logger: ['error'] as ['error'], abortOnError: false };
  const app =
    platform === 'express'
      ? await NestFactory.create(module, options)
      : await NestFactory.create(module, new FastifyAdapter(), options);
  await app.init();
  const instance = app.getHttpAdapter().getInstance() as {
    ready?: () => Promise<void>;
  };
  if (platform === 'fastify') await instance.ready?.();
  const port = await listen(app.getHttpServer() as import('node:net').Server);
  return { app, port };
}
