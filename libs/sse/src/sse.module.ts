import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventBusService } from './bus/event-bus.service.js';
import type { TopicPolicy } from './bus/stream-binding.js';
import { ConnectionHub } from './connection/connection-hub.js';
import { SseConnections } from './connection/sse-connections.js';
import { DrainService } from './drain.service.js';
import {
  moduleSettings,
  type SseModuleOptions,
  type SseModuleSettings,
} from './options.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  OPTIONS_TYPE,
  SSE_MODULE_OPTIONS,
} from './sse.module-definition.js';
import { StreamRuntime } from './stream/stream-runtime.js';

const SETTINGS = Symbol('SSE_MODULE_SETTINGS');

// Without authentication every topic is open to the handlers, which choose what they stream.
const OPEN_POLICY: TopicPolicy = { authorise: () => ({}) };

const PROVIDERS: Provider[] = [
  {
    provide: SETTINGS,
    useFactory: (options: SseModuleOptions) => moduleSettings(options),
    inject: [SSE_MODULE_OPTIONS],
  },
  { provide: ConnectionHub, useFactory: () => new ConnectionHub() },
  {
    provide: EventBusService,
    useFactory: ({ log, maxEventBytes }: SseModuleSettings) =>
      EventBusService.open({ log, maxEventBytes, policy: OPEN_POLICY }),
    inject: [SETTINGS],
  },
  {
    provide: StreamRuntime,
    useFactory: (hub: ConnectionHub, settings: SseModuleSettings) =>
      new StreamRuntime(
        hub,
        settings.stream,
        settings.drainRetry,
        settings.fastPath,
      ),
    inject: [ConnectionHub, SETTINGS],
  },
  {
    provide: SseConnections,
    useFactory: (hub: ConnectionHub) => new SseConnections(hub),
    inject: [ConnectionHub],
  },
  {
    provide: DrainService,
    useFactory: (
      hub: ConnectionHub,
      bus: EventBusService,
      settings: SseModuleSettings,
      adapterHost: HttpAdapterHost,
    ) => new DrainService(hub, bus, settings, adapterHost),
    inject: [ConnectionHub, EventBusService, SETTINGS, HttpAdapterHost],
  },
];

/**
 * Server-Sent Events for an application.
 *
 * @example
 * \@Module({ imports: [SseModule.forRoot()] })
 * export class AppModule {}
 *
 * @example
 * SseModule.forRootAsync({
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({ heartbeat: { intervalMs: config.get('HEARTBEAT_MS') } }),
 * })
 */
@Module({
  providers: PROVIDERS,
  exports: [EventBusService, SseConnections, StreamRuntime],
})
export class SseModule extends ConfigurableModuleClass {
  /** @throws SseException `INVALID_OPTIONS` when the application starts */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Options from other providers; `isGlobal` stands beside the factory, not in what it returns. */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE,
  ): DynamicModule {
    return super.forRootAsync(options);
  }
}
