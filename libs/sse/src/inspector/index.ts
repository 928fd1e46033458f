export type { SseInspectorOptions } from './inspector-options.js';
export { SseInspectorModule } from './sse-inspector.module.js';
