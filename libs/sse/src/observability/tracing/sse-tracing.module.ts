import { Module, type DynamicModule } from '@nestjs/common';
import {
  SSE_TRACING_OPTIONS,
  SseTracing,
  type SseTracingOptions,
} from './sse-tracing.service.js';

/**
 * Traces what is published, and its way to the clients of each node, with the application's OpenTelemetry.
 *
 * @example
 * \@Module({ imports: [SseModule.forRoot(), SseTracingModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class SseTracingModule {
  /** @throws SseException `INVALID_OPTIONS`, `MISSING_PACKAGE` when the application starts */
  static forRoot(options: SseTracingOptions = {}): DynamicModule {
    return {
      module: SseTracingModule,
      providers: [
        { provide: SSE_TRACING_OPTIONS, useValue: options },
        SseTracing,
      ],
    };
  }
}
