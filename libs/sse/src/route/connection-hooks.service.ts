import { Logger } from '@nestjs/common';
import { logError } from '../base/log-error.js';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { CloseReason } from '../connection/close-reason.js';
import type { ConnectionRegistry } from '../connection/connection-registry.js';
import type { ConnectionObserver } from '../connection/connection-observer.js';
import { failureOf } from '../connection/stream-failure.js';
import {
  HOOK_METADATA,
  type HookKind,
  type SseDisconnection,
  type SseFailure,
} from './sse-hooks.decorator.js';

type Hook = (value: never) => unknown;

/** Finds the methods and calls them. */
export class ConnectionHooks implements ConnectionObserver {
  readonly #logger = new Logger('SseConnections');
  readonly #hooks: Record<HookKind, Hook[]> = {
    connect: [],
    disconnect: [],
    error: [],
  };

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const wrappers = [
      ...this.discovery.getProviders(),
      ...this.discovery.getControllers(),
    ];
    const instances = wrappers
      .filter((one) => one.isDependencyTreeStatic())
      .map(({ instance }) => instance as unknown);
    for (const instance of new Set(instances)) this.#addAll(instance);
    if (Object.values(this.#hooks).some((hooks) => hooks.length > 0))
      this.registry.observers.add(this);
  }

  onOpen(connection: SseConnection): void {
    for (const one of this.#hooks.connect) this.#call(one, connection);
  }

  onClose(connection: SseConnection, reason: CloseReason): void {
    const disconnection: SseDisconnection = {
      connection,
      principal: connection.principal,
      durationMs: Date.now() - connection.openedAt,
      reason,
      blocksSent: connection.blocksSent,
    };
    for (const one of this.#hooks.disconnect) this.#call(one, disconnection);
  }

  onError(connection: SseConnection, error: unknown): void {
    const { principal } = connection;
    const { code, retryable } = failureOf(error);
    const failure: SseFailure = {
      connection,
      principal,
      error,
      code,
      retryable,
    };
    for (const one of this.#hooks.error) this.#call(one, failure);
  }

  #addAll(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null) return;
    const prototype = Object.getPrototypeOf(instance) as object | null;
    if (prototype === null) return;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method = (instance as Record<string, unknown>)[name];
      if (typeof method !== 'function') continue;
      const kind = Reflect.getMetadata(HOOK_METADATA, method) as
        HookKind | undefined;
      if (kind !== undefined)
        this.#hooks[kind].push(method.bind(instance) as Hook);
    }
  }

  #call(one: Hook, value: unknown): void {
    const log = (error: unknown): void =>
      logError(this.#logger, 'A hook of a connection failed', error);
    try {
      // Promises of all libraries: a query of some runs only when somebody waits for it.
      Promise.resolve(one(value as never)).catch(log);
    } catch (error) {
      log(error);
    }
  }
}
