import { SseException } from '../base/exception.js';
import type { BusStream } from '../bus/bus-stream.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import {
  RUN_ENDED,
  RUN_STARTED,
  RUN_STOP,
  type RunEnd,
  type StoredRun,
} from './run-state.js';

/** A run's events for one client: all of them, or those after its cursor, and then how it ended. */
export function streamOfRun(bus: EventBusService, run: StoredRun): BusStream {
  return bus.streamReserved(run.topic, {
    from: run.startId,
    filter: ({ type, data }) =>
      type !== RUN_STARTED &&
      type !== RUN_STOP &&
      !(type === RUN_ENDED && (data as RunEnd).error === undefined),
    map: (event) => {
      if (event.type !== RUN_ENDED) return event;
      throw failureOf(event.data as RunEnd);
    },
  });
}

function failureOf({ error }: RunEnd): SseException {
  const { code, message } = error!;
  return new SseException(
    code === 'RUN_LOST' || code === 'RUN_LIMIT' ? code : 'RUN_FAILED',
    message,
  );
}
