import {
  Logger,
  Module,
  type DynamicModule,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { assertOptions } from './base/option-rules.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  OPTIONS_TYPE,
} from './sse.module-definition.js';
import { SSE_EXPORTS, SSE_PROVIDERS } from './sse.providers.js';

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
  imports: [DiscoveryModule],
  providers: [...SSE_PROVIDERS],
  exports: [...SSE_EXPORTS],
})
export class SseModule extends ConfigurableModuleClass implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {
    super();
  }

  // Two of them are two buses: what is published on one never reaches the streams of the other.
  onModuleInit(): void {
    const isSseModule = ({ metatype }: { metatype: unknown }): boolean =>
      metatype === SseModule;
    const own = [...this.modules.values()].filter(isSseModule);
    if (own.length < 2 || (own[0]!.instance as unknown) !== this) return;
    new Logger('SseModule').warn(
      `SseModule is imported with options ${own.length} times, which makes as many separate buses. Call ` +
        'forRoot() once, in the root module: its providers are global.',
    );
  }

  /** @throws SseException `INVALID_OPTIONS` when the application starts */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    assertOptions('SseModule.forRoot()', options);
    return super.forRoot(options);
  }

  /** Options from other providers; `isGlobal` stands beside the factory, not in what it returns. */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE,
  ): DynamicModule {
    assertOptions('SseModule.forRootAsync()', options);
    return super.forRootAsync(options);
  }
}
