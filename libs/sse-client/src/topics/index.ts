export { TopicStream, type TopicStreamOptions } from './topic-stream.js';
export type { TopicRequest } from './wanted-topics.js';
