import type { ControlEvents } from './control-type.js';

/** One event, as `on()`, `onAny()`, `for await` and the RxJS adapter give it. */
export interface StreamEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** The parsed JSON, or the text where the option `raw` asks for it. */
  readonly data: Data;
  /** The data as it came. */
  readonly text: string;
  /** The latest id of the stream when this event came; empty if there was none yet. */
  readonly lastEventId: string;
}

/** The form that a value has after it went through JSON: what arrives of an instance of an event class. */
export type Serialized<Value> = unknown extends Value
  ? Value
  : Value extends { toJSON(): infer Json }
    ? Serialized<Json>
    : Value extends (...args: never[]) => unknown
      ? never
      : Value extends readonly unknown[]
        ? { [Index in keyof Value]: Serialized<Value[Index]> }
        : Value extends object
          ? {
              [Key in keyof Value as JsonKey<Value, Key>]: Serialized<
                Value[Key]
              >;
            }
          : Value;

type JsonKey<Value, Key extends keyof Value> = Key extends symbol
  ? never
  : Value[Key] extends (...args: never[]) => unknown
    ? never
    : Key;

/** The event of each type that a map names, and of the stream itself. */
export type EventOf<
  Events extends object,
  Type extends EventType<Events>,
> = StreamEvent<
  Type,
  Type extends keyof ControlEvents
    ? ControlEvents[Type]
    : Type extends keyof Events
      ? Serialized<Events[Type]>
      : never
>;

/** The types of events that `on()` knows: those of the map and those of the stream itself. */
export type EventType<Events extends object> =
  (keyof Events & string) | keyof ControlEvents;

/** Any event of the map, and `stream-reset`, after which what one has is out of date. */
export type AnyEvent<Events extends object> =
  | { [Type in keyof Events & string]: EventOf<Events, Type> }[keyof Events &
      string]
  | EventOf<Events, 'stream-reset'>;

/** One block of the wire that has data, with the cursor it leaves behind. */
export interface ReceivedEvent {
  readonly type: string;
  readonly text: string;
  readonly lastEventId: string;
  /** Where the response came from, after redirects. */
  readonly origin: string;
}
