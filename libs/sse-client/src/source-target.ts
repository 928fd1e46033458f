import type { EventStreamError } from './event-stream-error.js';

/** The event `error`: EventSource's own says nothing more than that. */
export interface StreamErrorEvent extends Event {
  /** What went wrong; undefined where nothing did: the server ended the stream. */
  readonly error?: EventStreamError | undefined;
}

/** Events by EventSource's names. All others are messages, whose data is text. */
export interface SourceEventMap {
  open: Event;
  error: StreamErrorEvent;
  message: MessageEvent<string>;
}

type Handler<Type extends keyof SourceEventMap> =
  ((event: SourceEventMap[Type]) => void) | null;

type Listener<Of extends Event> =
  ((event: Of) => void) | { handleEvent(event: Of): void } | null;

interface SourceEventTarget {
  addEventListener<Type extends keyof SourceEventMap>(
    type: Type,
    listener: Listener<SourceEventMap[Type]>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener<MessageEvent<string>>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof SourceEventMap>(
    type: Type,
    listener: Listener<SourceEventMap[Type]>,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<MessageEvent<string>>,
    options?: boolean | EventListenerOptions,
  ): void;
  dispatchEvent(event: Event): boolean;
}

/** An EventTarget that knows what it dispatches. */
const SourceEventTarget: new () => SourceEventTarget = EventTarget;

/**
 * What `EventSource` is to the code that uses it.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
export abstract class SourceTarget extends SourceEventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;

  onopen: Handler<'open'> = null;
  onerror: Handler<'error'> = null;
  onmessage: Handler<'message'> = null;

  constructor() {
    super();
    for (const type of ['open', 'error', 'message'] as const)
      // Each handler is typed by its own event.
      this.addEventListener(type, (event) =>
        (this[`on${type}`] as ((event: Event) => void) | null)?.(event),
      );
  }

  /** The absolute URL of the stream. */
  abstract readonly url: string;
  abstract readonly withCredentials: boolean;
  abstract readonly readyState: number;
  abstract close(): void;
}
