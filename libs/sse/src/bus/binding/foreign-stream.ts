import { SseException } from '../../base/exception.js';

export function foreignStreamError(): SseException {
  return new SseException(
    'FOREIGN_BUS_STREAM',
    'A bus stream that is bound to one connection was subscribed for another one, past its authorisation. ' +
      'Open a bus stream in each handler, or open the shared one outside of a handler, with { live: true }. In an ' +
      'Observable of your own hand the subscriber on, events.subscribe(subscriber), so that it can be told for whom it is.',
  );
}

export function foreignEventError(topic: string): SseException {
  return new SseException(
    'FOREIGN_BUS_STREAM',
    `An event of the topic ${topic}, or its data, was sent to a connection that has no bus stream of that topic. ` +
      'Open one in its handler; or share a stream that server code opened with { live: true }, which says that it is ' +
      'meant for everybody.',
  );
}
