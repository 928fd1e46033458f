export {
  SharedEventStream,
  type SharedEventStreamOptions,
} from './shared-event-stream.js';
export type { TabRole } from './shared-connection.js';
