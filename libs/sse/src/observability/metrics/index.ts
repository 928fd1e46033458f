export type { SseMetricsOptions } from './metrics-options.js';
export { SseMetricsModule } from './sse-metrics.module.js';
export { SseMetrics } from './sse-metrics.service.js';
