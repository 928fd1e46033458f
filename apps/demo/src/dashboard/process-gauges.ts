import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsSample } from './metrics-sample.event.js';

/** Node's histogram holds the time from tick to tick of a timer of this period, so what is above it is the delay. */
const RESOLUTION_MS = 10;

type Gauges = Pick<
  MetricsSample,
  'at' | 'cpu' | 'memory' | 'loop' | 'load' | 'uptime'
>;

/** Reads the host and the process; each reading covers the time since the last one. */
export class ProcessGauges {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #host = hostTimes();
  #process = process.cpuUsage();
  #readAt = process.hrtime.bigint();

  constructor() {
    this.#delay.enable();
  }

  read(): Gauges {
    const { rss, heapUsed } = process.memoryUsage();
    return {
      at: Date.now(),
      cpu: this.#cpu(),
      memory: { rss, heapUsed, hostUsed: totalmem() - freemem() },
      loop: this.#loop(),
      load: round(loadavg()[0]!, 2),
      uptime: Math.round(process.uptime()),
    };
  }

  stop(): void {
    this.#delay.disable();
  }

  #cpu(): MetricsSample['cpu'] {
    const host = hostTimes();
    const used = process.cpuUsage(this.#process);
    const now = process.hrtime.bigint();
    const elapsedMicros = Number(now - this.#readAt) / 1000;
    const total = host.total - this.#host.total;
    const busy = total - (host.idle - this.#host.idle);
    this.#host = host;
    this.#process = process.cpuUsage();
    this.#readAt = now;
    return {
      host: total > 0 ? round((busy / total) * 100) : 0,
      process: round(((used.user + used.system) / elapsedMicros) * 100),
    };
  }

  #loop(): MetricsSample['loop'] {
    const late = (nanoseconds: number): number =>
      round(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS), 2);
    const loop = {
      p50: late(this.#delay.percentile(50)),
      p99: late(this.#delay.percentile(99)),
      max: late(this.#delay.max),
    };
    this.#delay.reset();
    return loop;
  }
}

function hostTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += Object.values(times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, total };
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
