import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';

// The types of these need the types of their packages.
const load = (name: string) =>
  import(`nestjs-event-stream/${name}`) as Promise<{
    SseMetricsModule: { forRoot(): DynamicModule };
    SseHealthModule: Type;
    SseInspectorModule: { forRoot(options: object): DynamicModule };
  }>;

// Without the package prom-client, which is for those only who use it.
async function main(): Promise<void> {
  // Loaded as they are: a CommonJS application's import() gives the ES modules of the package, not what it requires.
  const { SseException, SseModule } = await import('nestjs-event-stream');
  const { SseMetricsModule } = await load('metrics');
  const { SseHealthModule } = await load('health');
  const imports = [SseModule.forRoot(), SseMetricsModule.forRoot()];
  const module = await Test.createTestingModule({ imports }).compile();
  await module.init().catch((error: unknown) => {
    if (error instanceof SseException)
      console.log(`${error.code}: ${error.message}`);
    else throw error;
  });
  // These need no package at run time.
  const { SseInspectorModule } = await load('inspector');
  const inspector = SseInspectorModule.forRoot({ public: true });
  await Test.createTestingModule({
    imports: [SseModule.forRoot(), SseHealthModule, inspector],
  }).compile();
}

void main().then(() => process.exit());
