import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SseModuleOptions } from './options.js';

/** The token of what is said of the module beside its options. */
export const SSE_MODULE_EXTRAS = Symbol('SSE_MODULE_EXTRAS');

export interface SseModuleExtras {
  readonly isGlobal?: boolean | undefined;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: SSE_MODULE_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<Omit<SseModuleOptions, 'isGlobal'>>({
  moduleName: 'Sse',
})
  .setClassMethodName('forRoot')
  .setExtras<SseModuleExtras>({ isGlobal: true }, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal ?? true,
    // Checked with the options: Nest takes it out of them.
    providers: [
      ...(definition.providers ?? []),
      {
        provide: SSE_MODULE_EXTRAS,
        useValue: { isGlobal: extras.isGlobal },
      },
    ],
  }))
  .build();
