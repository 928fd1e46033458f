import { Module, type DynamicModule } from '@nestjs/common';
import {
  SSE_METRICS_OPTIONS,
  type SseMetricsOptions,
} from './metrics-options.js';
import { SseMetrics } from './sse-metrics.service.js';

/**
 * Registers metrics of the streams with prom-client, and takes them out when the application closes. Who collects them,
 * and by which route, is the application's choice.
 *
 * @example
 * \@Module({ imports: [SseModule.forRoot(), SseMetricsModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class SseMetricsModule {
  /** @throws SseException `INVALID_OPTIONS`, `MISSING_PACKAGE` when the application starts */
  static forRoot(options: SseMetricsOptions = {}): DynamicModule {
    return {
      module: SseMetricsModule,
      providers: [
        { provide: SSE_METRICS_OPTIONS, useValue: options },
        SseMetrics,
      ],
      exports: [SseMetrics],
    };
  }
}
