export {
  createFetchHandler,
  type FetchHandlerOptions,
} from './fetch-handler.js';
export {
  fromStreamProtocolRequest,
  toStreamProtocolResponse,
  type StreamProtocolRequest,
  type StreamProtocolResponse,
} from './stream-protocol.js';
