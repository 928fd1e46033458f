import { Module } from '@nestjs/common';
import { SessionAuthenticator } from './session.authenticator.js';
import { SessionCookies } from './session-cookie.js';
import { SessionController } from './session.controller.js';
import { SignedOutSessions } from './signed-out-sessions.service.js';

@Module({
  controllers: [SessionController],
  providers: [SessionCookies, SessionAuthenticator, SignedOutSessions],
})
export class SessionModule {}
