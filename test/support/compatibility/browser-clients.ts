// The other clients of browsers, as one script for pages. `window.openClient(name, url)` opens a stream.
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { EventSourcePolyfill } from 'event-source-polyfill';
import htmx from 'htmx.org';
import 'htmx-ext-sse';
import ReconnectingEventSource from 'reconnecting-eventsource';
import { EventStream } from 'nestjs-event-stream-client';

interface ClientWindow {
  /** What Playwright gives the page. */
  report(type: string, data: string): void;
  openClient(name: string, url: string): void;
  isClosed(): boolean | undefined;
  PolyfilledEventSource: typeof EventSource;
}

const page = window as unknown as ClientWindow;
page.isClosed = () => undefined;

const TYPES = ['price', 'stream-live'];

/** What all classes like EventSource have in common. */
interface EventSourceLike {
  readonly readyState: number;
  onerror: unknown;
  addEventListener(
    type: string,
    listener: (event: MessageEvent<string>) => void,
  ): void;
}

type SourceClass = new (
  url: string,
  options?: { withCredentials?: boolean },
) => EventSourceLike;

const SOURCES: Record<string, () => SourceClass> = {
  'native EventSource': () => EventSource,
  'our own client': () => EventStream,
  'event-source-polyfill': () => EventSourcePolyfill,
  // A script of its own: it sets a variable that strict code may not.
  'eventsource-polyfill': () => {
    sendCookiesByXhr();
    return page.PolyfilledEventSource;
  },
  // Its types, like htmx's below, are those of its CommonJS form.
  'reconnecting-eventsource': () =>
    ReconnectingEventSource as unknown as SourceClass,
};

/** A polyfill that knows no `withCredentials` gets it from below. */
function sendCookiesByXhr(): void {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (
    this: XMLHttpRequest,
    ...args: unknown[]
  ) {
    Reflect.apply(open, this, args);
    this.withCredentials = true;
  };
}

const OTHERS: Record<string, (url: string) => void> = {
  '@microsoft/fetch-event-source': (url) => {
    let isOver = false;
    page.isClosed = () => isOver;
    void fetchEventSource(url, {
      openWhenHidden: true,
      onmessage: ({ event, data }) => {
        if (TYPES.includes(event)) page.report(event, data);
      },
    }).then(() => (isOver = true));
  },
  "htmx's SSE extension": (url) => {
    let isOver = false;
    page.isClosed = () => isOver;
    for (const type of TYPES) {
      const element = document.createElement('div');
      element.setAttribute('sse-swap', type);
      element.addEventListener('htmx:sseMessage', (event) => {
        const { detail } = event as CustomEvent<MessageEvent<string>>;
        page.report(type, detail.data);
      });
      document.body.append(element);
    }
    document.body.addEventListener('htmx:sseClose', () => (isOver = true));
    document.body.setAttribute('hx-ext', 'sse');
    document.body.setAttribute('sse-connect', url);
    document.body.setAttribute('sse-close', 'stream-end');
    (htmx as unknown as { process(element: Element): void }).process(
      document.body,
    );
  },
};

page.openClient = (name, url) => {
  const Source = SOURCES[name]?.();
  if (Source === undefined) return OTHERS[name]!(url);
  const isCrossOrigin = !url.startsWith(location.origin);
  const source = new Source(url, { withCredentials: isCrossOrigin });
  source.onerror = () => undefined;
  for (const type of TYPES)
    source.addEventListener(type, ({ data }) => page.report(type, data));
  page.isClosed = () => source.readyState === 2;
};
