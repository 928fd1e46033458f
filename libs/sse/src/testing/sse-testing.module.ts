import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventBusService } from '../bus/event-bus.service.js';
import type { SseModuleOptions } from '../options.js';
import {
  SSE_MODULE_EXTRAS,
  SSE_MODULE_OPTIONS,
} from '../sse.module-definition.js';
import {
  OPEN_BUS,
  SSE_EXPORTS,
  SSE_PROVIDERS,
  type OpenBus,
} from '../sse.providers.js';
import { RecordingEventBus } from './recording-event-bus.js';

/**
 * `SseModule` for unit tests: all of its providers, with a {@link RecordingEventBus} for the bus. A testing module that
 * has a controller with `@SseStream()` routes needs it, or `SseModule`.
 *
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [SseTestingModule.forRoot()],
 *   controllers: [OrdersController],
 * }).compile();
 * const bus = module.get(RecordingEventBus);
 */
@Module({})
export class SseTestingModule {
  /**
   * @param options those of `SseModule`
   * @throws SseException `INVALID_OPTIONS` when the module is compiled
   */
  static forRoot(
    options: Omit<SseModuleOptions, 'isGlobal'> = {},
  ): DynamicModule {
    const openBus: OpenBus = (settings) => RecordingEventBus.open(settings);
    return {
      module: SseTestingModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        ...SSE_PROVIDERS,
        { provide: SSE_MODULE_OPTIONS, useValue: options },
        { provide: SSE_MODULE_EXTRAS, useValue: {} },
        { provide: OPEN_BUS, useValue: openBus },
        { provide: RecordingEventBus, useExisting: EventBusService },
      ],
      exports: [...SSE_EXPORTS, RecordingEventBus],
    };
  }
}
