import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SseModuleOptions } from './options.js';

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: SSE_MODULE_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<Omit<SseModuleOptions, 'isGlobal'>>({
  moduleName: 'Sse',
})
  .setClassMethodName('forRoot')
  .setExtras<{ readonly isGlobal?: boolean | undefined }>(
    { isGlobal: true },
    (definition, extras) => ({
      ...definition,
      global: extras.isGlobal ?? true,
    }),
  )
  .build();
