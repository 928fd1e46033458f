import { SseEvent, sseEvents } from 'nestjs-event-stream';

/** One second of the host and of the process. Rates are per second, sizes in bytes, delays in milliseconds. */
@SseEvent('metrics.sample')
export class MetricsSample {
  /** The name of the node. */
  node!: string;
  /** Host and process id, as the node's streams are listed under. */
  process!: string;
  /** Counts the samples of this process, so that a page sees whether one is missing. */
  number!: number;
  /** Milliseconds since the Unix epoch. */
  at!: number;
  /** Percent: of all CPUs of the host; and of one CPU, as `top` counts it, so that threads can exceed 100. */
  cpu!: { host: number; process: number };
  memory!: { rss: number; heapUsed: number; hostUsed: number };
  /** How late the event loop was in this second. */
  loop!: { p50: number; p99: number; max: number };
  connections!: number;
  events!: { published: number; delivered: number };
  /** The host's load average of one minute. */
  load!: number;
  /** Of the process, in seconds. */
  uptime!: number;
}

/** What does not change while the process runs. */
export interface ServerFacts {
  readonly platform: string;
  readonly node: string;
  readonly cpus: number;
  readonly memoryTotal: number;
}

/** What a new page starts from. */
@SseEvent('metrics.snapshot')
export class MetricsSnapshot {
  constructor(
    readonly server: ServerFacts,
    readonly samples: readonly MetricsSample[],
  ) {}
}

/** One of a numbered series, so that a page can tell whether it has them all. */
@SseEvent('burst.tick')
export class BurstTick {
  constructor(
    readonly burst: string,
    readonly number: number,
    readonly of: number,
  ) {}
}

const samples = sseEvents({ 'metrics.sample': MetricsSample });
const bursts = sseEvents({ 'burst.tick': BurstTick });

/** What the route sends. */
export const metricsEvents = sseEvents({
  ...samples.classes,
  ...bursts.classes,
  'metrics.snapshot': MetricsSnapshot,
});

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `demo.metrics.${string}`]: typeof samples;
    'demo.burst': typeof bursts;
  }
}
