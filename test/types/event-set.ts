// Events that are declared once, for publish, streams, routes and the client.
import { map, type Observable, of } from 'rxjs';
import {
  type EventBusService,
  type EventsOf,
  pattern,
  SseEvent,
  sseEvents,
  SseStream,
} from 'nestjs-event-stream';
import { EventStream } from 'nestjs-event-stream-client';

@SseEvent('parcel.sent')
class ParcelSent {
  parcelId!: string;
  at!: Date;
  stops!: { city: string }[];
}

@SseEvent('parcel.lost')
class ParcelLost {
  parcelId!: string;
  reason!: 'theft' | 'weather';
}

class Unnamed {
  anything!: number;
}

const parcelEvents = sseEvents({
  'parcel.sent': ParcelSent,
  'parcel.lost': ParcelLost,
});
type ParcelEvents = EventsOf<typeof parcelEvents>;

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `parcels.${string}`]: typeof parcelEvents;
  }
}

export async function publish(bus: EventBusService, id: string) {
  const data = { parcelId: id, reason: 'theft' } as const;
  await bus.publish(`parcels.${id}`, Object.assign(new ParcelLost(), data));
  await bus.publish(`parcels.${id}`, { type: 'parcel.lost', data });
  await bus.publishMany([
    { topic: `parcels.${id}`, event: new ParcelSent() },
    { topic: 'weather', event: 'whatever a topic without an entry carries' },
  ]);
  await bus.publishMany(
    [1, 2].map((place) => ({ topic: 'weather', event: { place } })),
  );

  // @ts-expect-error -- no such event
  await bus.publish(`parcels.${id}`, { type: 'parcel.burnt', data });
  // @ts-expect-error -- what another event carries
  await bus.publish(`parcels.${id}`, { type: 'parcel.sent', data });
  // @ts-expect-error -- no event of parcels
  await bus.publish(`parcels.${id}`, new Unnamed());
  await bus.publishMany([
    // @ts-expect-error -- no event of parcels
    { topic: `parcels.${id}`, event: new Unnamed() },
  ]);
}

export function stream(bus: EventBusService, id: string) {
  bus.stream(`parcels.${id}`).subscribe((event) => {
    event.type satisfies 'parcel.sent' | 'parcel.lost';
    if (event.type === 'parcel.sent') {
      event.data.at satisfies string;
      event.data.stops.map(({ city }) => city satisfies string);
    }
    // @ts-expect-error -- only of one that is lost
    event.data.reason satisfies string;
  });
  bus.stream(pattern('parcels.*'), {
    filter: (event) =>
      event.type === 'parcel.lost' && event.data.reason === 'theft',
    // @ts-expect-error -- no such event
    map: (event) => event.type === 'parcel.burnt',
  });
}

export class ParcelsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id', { events: parcelEvents })
  watch(id: string) {
    return this.bus.stream(`parcels.${id}`);
  }

  @SseStream(':id/sent', { events: parcelEvents })
  async *sent(): AsyncGenerator<ParcelSent> {
    yield new ParcelSent();
  }

  @SseStream({ events: parcelEvents })
  messages() {
    return of(
      { type: 'parcel.sent', data: new ParcelSent() } as const,
      { comment: 'nothing new' },
      { retry: 1_000 },
    );
  }

  // @ts-expect-error -- the bus stream of another topic
  @SseStream('weather', { events: parcelEvents })
  async weather() {
    return this.bus.stream('weather');
  }

  // @ts-expect-error -- no such event
  @SseStream('burnt', { events: parcelEvents })
  burnt() {
    return of({ type: 'parcel.burnt', data: new ParcelLost() } as const);
  }

  // @ts-expect-error -- what another event carries
  @SseStream('mistaken', { events: parcelEvents })
  mistaken(): Observable<{ type: 'parcel.sent'; data: ParcelLost }> {
    return of();
  }

  @SseStream('undeclared')
  undeclared() {
    return of(new Unnamed()).pipe(map(({ anything }) => anything));
  }
}

export function client() {
  const stream = new EventStream<ParcelEvents>('/parcels/42', {
    check: {
      'parcel.lost': (data) =>
        typeof (data as Partial<ParcelLost> | null)?.parcelId === 'string',
      // @ts-expect-error -- no such event
      'parcel.burnt': () => true,
    },
  });
  stream.on('parcel.sent', ({ data }) => {
    data.at satisfies string;
    data.stops.map(({ city }) => city satisfies string);
  });
  // @ts-expect-error -- no such event
  stream.on('parcel.burnt', () => undefined);
  // @ts-expect-error -- what another event carries
  stream.on('parcel.sent', ({ data }) => data.reason);
}

// @ts-expect-error -- no class
sseEvents({ 'parcel.sent': 42 });
