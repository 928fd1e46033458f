import { Module } from '@nestjs/common';
import { SessionAuthenticator } from './session.authenticator.js';
import { SessionController } from './session.controller.js';

@Module({
  controllers: [SessionController],
  providers: [SessionAuthenticator],
})
export class SessionModule {}
