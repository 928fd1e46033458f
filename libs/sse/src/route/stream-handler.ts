import type { Observable } from 'rxjs';
import type { StreamEvent } from '../event/event-record.js';
import type { EventsOf, SseEventSet } from '../event/event-set.js';
import type { Serialized } from '../event/serialized.js';

/** What a handler whose route declares its events may emit: instances of their classes, and messages that hold one. */
export type EmissionOf<Events extends SseEventSet> =
  | EventsOf<Events>[keyof EventsOf<Events>]
  | {
      [Name in keyof EventsOf<Events> & string]: EmissionNamed<
        Name,
        EventsOf<Events>[Name]
      >;
    }[keyof EventsOf<Events> & string]
  | { readonly comment: string; readonly data?: undefined }
  | { readonly retry: number; readonly data?: undefined };

type EmissionNamed<Name extends string, Data> =
  | StreamEvent<Serialized<Data>, Name>
  | {
      readonly type: Name;
      readonly data: Data | Serialized<Data>;
      readonly id?: string | undefined;
      readonly retry?: number | undefined;
      readonly comment?: string | undefined;
    };

/** What a handler may return for its values to become events. */
export type StreamSource<T> =
  Observable<T> | AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** Decorates a handler that emits nothing but the events of its route. */
export type StreamHandlerDecorator<Events extends SseEventSet> = <
  Handler extends TypedHandler<EmissionOf<Events>>,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

type TypedHandler<T> = (
  ...values: never[]
) => StreamSource<T> | Promise<StreamSource<T>>;
