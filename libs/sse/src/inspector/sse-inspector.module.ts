import { Module, type DynamicModule } from '@nestjs/common';
import {
  checkInspectorOptions,
  INSPECTOR_SETTINGS,
  type InspectorSettings,
  type SseInspectorOptions,
} from './inspector-options.js';
import { InspectorState } from './inspector-state.js';
import { inspectorController } from './inspector.controller.js';

/**
 * A page that shows the open streams (who, where, since when, how far behind), the topics and their rates, the last
 * events and the state of the log, and that ends streams. It needs no other host, and nothing but a browser.
 *
 * @example
 * \@Module({ imports: [SseModule.forRoot(), SseInspectorModule.forRoot({ guards: [AdminGuard] })] })
 * export class AppModule {}
 */
@Module({})
export class SseInspectorModule {
  /** @throws SseException `INVALID_OPTIONS`, also if neither a guard nor `public: true` is named */
  static forRoot(options: SseInspectorOptions): DynamicModule {
    checkInspectorOptions(options);
    const { path = 'sse-inspector', guards = [], imports = [] } = options;
    const { eventData = true, recentEvents = 50 } = options;
    const settings: InspectorSettings = { eventData, recentEvents };
    return {
      module: SseInspectorModule,
      imports,
      controllers: [inspectorController(path, guards)],
      providers: [
        { provide: INSPECTOR_SETTINGS, useValue: settings },
        InspectorState,
      ],
    };
  }
}
