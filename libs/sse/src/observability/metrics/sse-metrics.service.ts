import {
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Registry } from 'prom-client';
import { checkOptions } from '../../base/option-rules.js';
import { loadPeers } from '../../base/optional-peer.js';
import { SseRuntime } from '../../route/sse-runtime.js';
import { LiveSources } from './live-sources.js';
import { registerMetrics, type PromClient } from './metric-set.js';
import { BusMetrics, ConnectionMetrics } from './metrics-observer.js';
import {
  METRICS_RULES,
  SSE_METRICS_OPTIONS,
  type SseMetricsOptions,
} from './metrics-options.js';

const LAG_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** Keeps an application's metrics as long as it runs. */
@Injectable()
export class SseMetrics implements OnModuleInit, OnApplicationShutdown {
  #names: readonly string[] = [];
  #registry: Registry | undefined;
  #stop: () => void = () => undefined;

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(SSE_METRICS_OPTIONS) private readonly options: SseMetricsOptions,
  ) {}

  /** The names of all metrics, with the prefix. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** @throws SseException `INVALID_OPTIONS`, `MISSING_PACKAGE` */
  async onModuleInit(): Promise<void> {
    checkOptions('SseMetricsModule', this.options, METRICS_RULES);
    const runtime = SseRuntime.of(this.modules, 'SseMetricsModule');
    const prom = await loadPromClient();
    const { registry = prom.register, prefix = 'sse_' } = this.options;
    const { lagBuckets = LAG_BUCKETS } = this.options;
    const { set, names } = registerMetrics(
      prom,
      { registry, prefix, lagBuckets },
      new LiveSources(runtime),
    );
    this.#names = names;
    this.#registry = registry;
    const { registry: streams, loop, bus } = runtime;
    const connections = new ConnectionMetrics(set);
    const events = new BusMetrics(set, loop.scheduler);
    streams.observers.add(connections);
    bus.observers.tail.add(events);
    bus.observers.publish.add(events);
    this.#stop = () => {
      streams.observers.delete(connections);
      bus.observers.tail.delete(events);
      bus.observers.publish.delete(events);
    };
  }

  onApplicationShutdown(): void {
    this.#stop();
    for (const name of this.#names) this.#registry?.removeSingleMetric(name);
  }
}

async function loadPromClient(): Promise<PromClient> {
  const packages = ['prom-client@^15'];
  const load = (): Promise<PromClient> => import('prom-client');
  return loadPeers('SseMetricsModule', packages, load);
}
