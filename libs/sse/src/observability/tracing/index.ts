export { SseTracingModule } from './sse-tracing.module.js';
export type { SseTracingOptions } from './sse-tracing.service.js';
