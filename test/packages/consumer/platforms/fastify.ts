import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

export function createApp(
  module: Type<unknown> = AppModule,
): Promise<INestApplication> {
  return NestFactory.create(module, new FastifyAdapter(), {
    logger: ['error', 'warn'],
  });
}
