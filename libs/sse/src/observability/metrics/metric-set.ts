import type { Counter, Histogram, Registry } from 'prom-client';

/** The package that keeps metrics, an optional peer dependency. */
export type PromClient = typeof import('prom-client');

/** All metrics of an application. No label has a value that clients or data could multiply. */
export interface MetricSet {
  readonly opened: Counter<'route'>;
  readonly closed: Counter<'route' | 'reason'>;
  readonly resets: Counter<'reason'>;
  readonly published: Counter<'outcome'>;
  readonly read: Counter;
  readonly lag: Histogram;
  readonly logResets: Counter<'reason'>;
}

/** What is looked up when metrics are collected, so that it costs nothing in between. */
export interface MetricSources {
  connectionsByRoute(): ReadonlyMap<string, number>;
  congested(): number;
  behind(): number;
  waitingBytes(): number;
  blocksSent(): number;
  bytesSent(): number;
  isLogUp(): boolean;
  isTailRunning(): boolean;
  isDraining(): boolean;
  windowEvents(): number | undefined;
  windowBytes(): number | undefined;
  windowAgeSeconds(): number | undefined;
}

/** How the metrics are made. */
export interface MetricSettings {
  readonly registry: Registry;
  readonly prefix: string;
  readonly lagBuckets: readonly number[];
}

/**
 * Registers all metrics.
 * @returns them, and their names
 */
export function registerMetrics(
  { Counter, Gauge, Histogram }: PromClient,
  { registry, prefix, lagBuckets }: MetricSettings,
  sources: MetricSources,
): { readonly set: MetricSet; readonly names: readonly string[] } {
  const names: string[] = [];
  const own = (name: string, help: string) => {
    names.push(prefix + name);
    return { name: prefix + name, help, registers: [registry] };
  };
  const counter = <L extends string = never>(
    name: string,
    help: string,
    labelNames: L[] = [],
  ): Counter<L> => new Counter({ ...own(name, help), labelNames });
  const counted = (name: string, help: string, value: () => number): void => {
    new Counter({
      ...own(name, help),
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  const gauge = (
    name: string,
    help: string,
    value: () => number | undefined,
  ): void => {
    new Gauge({
      ...own(name, help),
      collect() {
        const current = value();
        if (current === undefined) this.remove();
        else this.set(current);
      },
    });
  };

  new Gauge({
    ...own('connections', 'Streams that are open'),
    labelNames: ['route'],
    collect() {
      for (const [route, count] of sources.connectionsByRoute())
        this.set({ route }, count);
    },
  });
  gauge(
    'connections_congested',
    'Open streams whose client reads more slowly than they emit',
    () => sources.congested(),
  );
  gauge(
    'connections_behind',
    'Open streams that read from the log what their client missed',
    () => sources.behind(),
  );
  gauge('waiting_bytes', 'Bytes that wait for clients', () =>
    sources.waitingBytes(),
  );
  counted(
    'blocks_sent_total',
    'Event blocks that were written, heartbeats and control events among them',
    () => sources.blocksSent(),
  );
  counted('bytes_sent_total', 'Bytes of those, before any compression', () =>
    sources.bytesSent(),
  );
  gauge('log_up', 'Whether the event log can be reached', () =>
    Number(sources.isLogUp()),
  );
  gauge('tail_running', 'Whether this process follows the event log', () =>
    Number(sources.isTailRunning()),
  );
  gauge('draining', 'Whether this process is shutting down', () =>
    Number(sources.isDraining()),
  );
  gauge('window_events', 'Events that this process keeps at hand', () =>
    sources.windowEvents(),
  );
  gauge('window_bytes', 'Memory that they take, roughly', () =>
    sources.windowBytes(),
  );
  gauge('window_age_seconds', 'The age of the oldest of them', () =>
    sources.windowAgeSeconds(),
  );
  const set: MetricSet = {
    opened: counter('connections_opened_total', 'Streams that were opened', [
      'route',
    ]),
    closed: counter(
      'connections_closed_total',
      'Streams that ended, by what ended them',
      ['route', 'reason'],
    ),
    resets: counter(
      'stream_resets_total',
      'Clients that were told that their place in the log is gone',
      ['reason'],
    ),
    published: counter(
      'events_published_total',
      'Events that this process published: accepted, invalid, rejected by the log, or unknown',
      ['outcome'],
    ),
    read: counter(
      'events_read_total',
      'Events that this process read of the log, its own included',
    ),
    lag: new Histogram({
      ...own(
        'publish_to_write_seconds',
        "From an event's publication, on whichever node, until it was written to the clients of this one",
      ),
      buckets: [...lagBuckets],
    }),
    logResets: counter(
      'log_resets_total',
      'Times that the log lost events, or this process missed some',
      ['reason'],
    ),
  };
  return { set, names };
}
