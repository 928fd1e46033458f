import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { checkOptions } from '../../base/option-rules.js';
import { SseRuntime } from '../../route/sse-runtime.js';

/** What makes a process ready. */
export interface ReadinessOptions {
  /**
   * Whether a log that cannot be reached makes it unready, or is only `reported`. While it is away, open streams stay
   * open, and `publish` fails: where all processes share the log, taking all of them out helps nobody.
   * @default 'required'
   */
  readonly log?: 'required' | 'reported' | undefined;
}

/**
 * Says to `@nestjs/terminus` whether this process should be sent new streams: it follows its event log, that can be
 * reached, and it is not shutting down. It is no check of liveness: a process whose log is away must not be restarted.
 *
 * @example
 * \@Get('ready')
 * \@HealthCheck()
 * ready() {
 *   return this.health.check([() => this.sse.isReady('sse')]);
 * }
 */
@Injectable()
export class SseHealthIndicator {
  #runtime: SseRuntime | undefined;

  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  /** @throws SseException `INVALID_OPTIONS` without `SseModule` */
  onModuleInit(): void {
    this.#runtime = SseRuntime.of(this.modules, 'SseHealthModule');
  }

  /**
   * @param key what the result is called
   * @throws SseException `INVALID_OPTIONS`
   */
  isReady<K extends string>(
    key: K,
    options: ReadinessOptions = {},
  ): HealthIndicatorResult<K> {
    checkOptions('isReady()', options, {
      log: { oneOf: ['required', 'reported'] },
    });
    const { bus, registry } = this.#runtime!;
    const log = bus.log.health?.state;
    const isLogUp = log?.status !== 'down';
    const isReady =
      bus.tail.isRunning &&
      !registry.isDraining &&
      (isLogUp || options.log === 'reported');
    const result: HealthIndicatorResult[string] = {
      status: isReady ? 'up' : 'down',
      log: isLogUp ? 'up' : 'down',
      ...(log?.status === 'down' && { logDownSince: log.since }),
      tail: bus.tail.isRunning ? 'running' : 'stopped',
      isDraining: registry.isDraining,
      streams: registry.connections.size,
    };
    // The compiler does not see that a computed key of one type makes a record of that key.
    return { [key]: result } as HealthIndicatorResult<K>;
  }
}
