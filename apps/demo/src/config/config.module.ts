import { Global, Module } from '@nestjs/common';
import { DEMO_CONFIG, readConfig } from './demo-config.js';

@Global()
@Module({
  providers: [
    { provide: DEMO_CONFIG, useFactory: () => readConfig(process.env) },
  ],
  exports: [DEMO_CONFIG],
})
export class ConfigModule {}
