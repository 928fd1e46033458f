import { Module } from '@nestjs/common';
import { SseHealthIndicator } from './sse-health.indicator.js';

/**
 * Provides {@link SseHealthIndicator}. Import it where the health checks are, beside `TerminusModule`.
 *
 * @example
 * \@Module({ imports: [TerminusModule, SseHealthModule], controllers: [HealthController] })
 * export class HealthModule {}
 */
@Module({
  providers: [SseHealthIndicator],
  exports: [SseHealthIndicator],
})
export class SseHealthModule {}
