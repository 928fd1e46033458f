import { SseException } from '../../base/exception.js';

export function foreignStreamError(): SseException {
  return new SseException(
    'FOREIGN_BUS_STREAM',
    'A bus stream that is bound to one connection was shared with another one, past its authorisation. ' +
      'Open a bus stream in each handler, or open the shared one outside of a handler, where it binds to nobody.',
  );
}
