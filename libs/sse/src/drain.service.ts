import { setMaxListeners } from 'node:events';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { EventBusService } from './bus/event-bus.service.js';
import type { ConnectionHub } from './connection/connection-hub.js';
import type { SseModuleSettings } from './options.js';
import { UnusedSockets } from './platform/unused-sockets.js';

/**
 * Ends the streams before the HTTP server closes, which would wait for them. New ones are refused from
 * the first hook on; open ones end in the second, so that what other modules publish in their
 * `onModuleDestroy` still goes out.
 */
@Injectable()
export class DrainService
  implements
    OnApplicationBootstrap,
    OnModuleDestroy,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  #unusedSockets: UnusedSockets | undefined;

  constructor(
    private readonly hub: ConnectionHub,
    private readonly bus: EventBusService,
    private readonly settings: SseModuleSettings,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    this.#unusedSockets = new UnusedSockets(
      this.adapterHost.httpAdapter?.getHttpServer(),
    );
  }

  onModuleDestroy(): void {
    this.hub.isDraining = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { drainTimeoutMs, drainRetry } = this.settings;
    const deadline = new AbortController();
    setMaxListeners(0, deadline.signal);
    const timer = setTimeout(() => deadline.abort(), drainTimeoutMs);
    const connections = [...this.hub.connections];
    await Promise.all(
      connections.map((one) => one.drain(drainRetry, deadline.signal)),
    );
    clearTimeout(timer);
    this.hub.wheel.stop();
    this.#unusedSockets?.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}
