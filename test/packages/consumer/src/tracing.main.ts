import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';

// Its types need those of its package.
const load = (name: string) =>
  import(`nestjs-event-stream/${name}`) as Promise<{
    SseTracingModule: { forRoot(): DynamicModule };
  }>;

// Without the package @opentelemetry/api, which is for those only who use it.
async function main(): Promise<void> {
  // Loaded as they are: a CommonJS application's import() gives the ES modules of the package, not what it requires.
  const { SseException, SseModule } = await import('nestjs-event-stream');
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
