import type { ModuleRef } from '@nestjs/core';
import type { EventBusService } from '../bus/event-bus.service.js';
import type { ConnectionRegistry } from '../connection/connection-registry.js';
import type { WriteLoop } from '../connection/output/write-loop.js';
import { moduleMissing } from './module-missing.js';

/** What metrics, traces, health checks and the inspector look at: the streams and the bus of an application. */
export class SseRuntime {
  constructor(
    readonly registry: ConnectionRegistry,
    readonly loop: WriteLoop,
    readonly bus: EventBusService,
  ) {}

  /**
   * That of the application, wherever its `SseModule` is imported.
   * @param user who needs it, as the beginning of a sentence
   * @throws SseException `INVALID_OPTIONS` without `SseModule`
   */
  static of(modules: ModuleRef, user: string): SseRuntime {
    try {
      return modules.get(SseRuntime, { strict: false });
    } catch {
      // Nest says only that there is none.
      throw moduleMissing(user);
    }
  }
}
