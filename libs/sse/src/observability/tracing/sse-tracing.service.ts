import {
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { TracerProvider } from '@opentelemetry/api';
import { loadPeers } from '../../base/optional-peer.js';
import { checkOptions } from '../../base/option-rules.js';
import { SseRuntime } from '../../route/sse-runtime.js';
import {
  BusTracing,
  ConnectionTracing,
  type TracingApi,
} from './tracing-observer.js';

/** Where traces go. */
export interface SseTracingOptions {
  /**
   * Who makes the tracer.
   * @default the global one, which OpenTelemetry's SDK registers
   */
  readonly tracerProvider?: TracerProvider | undefined;
}

/** The token of the module's options. */
export const SSE_TRACING_OPTIONS = Symbol('SSE_TRACING_OPTIONS');

/** Traces an application's streams as long as it runs. */
@Injectable()
export class SseTracing implements OnModuleInit, OnApplicationShutdown {
  #stop: () => void = () => undefined;

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(SSE_TRACING_OPTIONS) private readonly options: SseTracingOptions,
  ) {}

  /** @throws SseException `INVALID_OPTIONS`, `MISSING_PACKAGE` */
  async onModuleInit(): Promise<void> {
    checkOptions('SseTracingModule', this.options, {
      tracerProvider: { methods: ['getTracer'] },
    });
    const runtime = SseRuntime.of(this.modules, 'SseTracingModule');
    const api = await loadTracingApi();
    const { tracerProvider = api.trace.getTracerProvider() } = this.options;
    const tracer = tracerProvider.getTracer('nestjs-event-stream');
    const events = new BusTracing(api, tracer, runtime.loop.scheduler);
    const connections = new ConnectionTracing(api, tracer);
    const { registry, bus } = runtime;
    registry.observers.add(connections);
    bus.observers.tail.add(events);
    bus.observers.publish.add(events);
    this.#stop = () => {
      registry.observers.delete(connections);
      bus.observers.tail.delete(events);
      bus.observers.publish.delete(events);
    };
  }

  onApplicationShutdown(): void {
    this.#stop();
  }
}

async function loadTracingApi(): Promise<TracingApi> {
  const packages = ['@opentelemetry/api@^1.9'];
  const load = (): Promise<TracingApi> => import('@opentelemetry/api');
  return loadPeers('SseTracingModule', packages, load);
}
