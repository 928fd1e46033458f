import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SseException, SseModule } from 'nestjs-event-stream';

// Its types need those of its package.
const load = (name: string) =>
  import(`nestjs-event-stream/${name}`) as Promise<{
    SseTracingModule: { forRoot(): DynamicModule };
  }>;

// Without the package @opentelemetry/api, which is for those only who use it.
async function main(): Promise<void> {
  const { SseTracingModule } = await load('tracing');
  const imports = [SseModule.forRoot(), SseTracingModule.forRoot()];
  const module = await Test.createTestingModule({ imports }).compile();
  await module.init().catch((error: unknown) => {
    if (error instanceof SseException)
      console.log(`${error.code}: ${error.message}`);
    else throw error;
  });
}

void main().then(() => process.exit());
