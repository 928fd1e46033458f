import { Module, type DynamicModule } from '@nestjs/common';
import type { StreamRunsOptions } from './run-options.js';
import { STREAM_RUNS_OPTIONS, StreamRuns } from './stream-runs.service.js';

/**
 * Provides {@link StreamRuns}. Import it once, beside `SseModule`.
 *
 * @example
 * \@Module({ imports: [SseModule.forRoot(), StreamRunsModule.forRoot({ maxConcurrentPerPrincipal: 3 })] })
 * export class AppModule {}
 */
@Module({})
export class StreamRunsModule {
  /** @throws SseException `INVALID_OPTIONS` when the application starts */
  static forRoot(options: StreamRunsOptions = {}): DynamicModule {
    return {
      module: StreamRunsModule,
      global: true,
      providers: [
        { provide: STREAM_RUNS_OPTIONS, useValue: options },
        StreamRuns,
      ],
      exports: [StreamRuns],
    };
  }
}
