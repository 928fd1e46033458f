import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

export function createApp(
  module: Type<unknown> = AppModule,
): Promise<INestApplication> {
  return NestFactory.create(module, { logger: ['error', 'warn'] });
}
