export {
  SseHealthIndicator,
  type ReadinessOptions,
} from './sse-health.indicator.js';
export { SseHealthModule } from './sse-health.module.js';
