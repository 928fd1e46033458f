// Clients that come without types: each exports a class like EventSource.
declare module 'eventsource-2' {
  export default class EventSource2 {
    constructor(url: string, options?: { headers?: Record<string, string> });
    readonly readyState: number;
    onerror: unknown;
    addEventListener(
      type: string,
      listener: (event: { data: string }) => void,
    ): void;
    close(): void;
  }
}

declare module 'event-source-polyfill' {
  export const EventSourcePolyfill: typeof EventSource;
}

declare module 'eventsource-polyfill' {
  const Polyfill: typeof EventSource;
  export default Polyfill;
}

declare module 'htmx-ext-sse';
