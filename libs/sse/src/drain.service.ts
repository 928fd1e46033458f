import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { EventBusService } from './bus/event-bus.service.js';
import type { ConnectionRegistry } from './connection/connection-registry.js';
import type { WriteLoop } from './connection/output/write-loop.js';
import type { SseModuleSettings } from './options.js';
import { Http2Sessions } from './platform/shutdown/http2-sessions.js';
import { PendingHandshakes } from './platform/shutdown/pending-handshakes.js';
import { IdleSockets } from './platform/shutdown/idle-sockets.js';
import type { StreamAdmission } from './route/stream-admission.js';

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
  #pendingHandshakes: PendingHandshakes | undefined;
  #idleSockets: IdleSockets | undefined;
  #http2Sessions: Http2Sessions | undefined;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly loop: WriteLoop,
    private readonly bus: EventBusService,
    private readonly admission: StreamAdmission,
    private readonly settings: SseModuleSettings,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.adapterHost.httpAdapter?.getHttpServer();
    this.#pendingHandshakes = new PendingHandshakes(server);
    this.#idleSockets = new IdleSockets(server);
    this.#http2Sessions = new Http2Sessions(server);
  }

  onModuleDestroy(): void {
    this.registry.isDraining = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { drainTimeoutMs, drainRetry } = this.settings;
    for (const connection of this.registry.connections)
      connection.drain(drainRetry);
    await this.loop.lingering.settle(drainTimeoutMs);
    // Their handlers had this time to answer, too.
    this.admission.refusePending();
    this.#pendingHandshakes?.close();
    this.#idleSockets?.close();
    await this.#http2Sessions?.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}
