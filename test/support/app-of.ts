import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { SseModule, type SseModuleOptions } from 'nestjs-event-stream';

class AppModule {}

/** The module of an application that has these controllers, and the library with these options. */
export function appOf(
  controllers: Type[],
  options?: SseModuleOptions,
  providers: Provider[] = [],
): DynamicModule {
  return {
    module: AppModule,
    imports: [SseModule.forRoot(options)],
    controllers,
    providers,
  };
}
