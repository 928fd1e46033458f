import { Module } from '@nestjs/common';
import { memoryEventLog, SseModule } from 'nestjs-event-stream';
import { StreamRunsModule } from 'nestjs-event-stream/runs';
import { AdminModule } from './admin/admin.module.js';
import { AssistantModule } from './assistant/assistant.module.js';
import { ClockModule } from './clock/clock.module.js';
import { ConfigModule } from './config/config.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { LogTailModule } from './log-tail/log-tail.module.js';
import { PublishModule } from './publish/publish.module.js';
import { SessionAuthenticator } from './session/session.authenticator.js';
import { SESSION_COOKIE } from './session/session-cookie.js';
import { SessionModule } from './session/session.module.js';
import { SiteModule } from './site/site.module.js';
import { TabsModule } from './tabs/tabs.module.js';
import { TypewriterModule } from './typewriter/typewriter.module.js';

@Module({
  imports: [
    SseModule.forRoot({
      auth: {
        authenticator: SessionAuthenticator,
        sources: { bearer: false, cookie: SESSION_COOKIE },
      },
      // Fixed, so that the pages can count down to it; the default spreads it.
      retry: { minMs: 2000, maxMs: 2000 },
      // A burst of one topic must not push the history of the others out.
      log: memoryEventLog({
        perPattern: {
          'demo.metrics': { maxEvents: 600 },
          'demo.burst': { maxEvents: 5000 },
          'demo.tabs': { maxEvents: 1000 },
          'demo.log': { maxEvents: 5000 },
        },
      }),
    }),
    StreamRunsModule.forRoot(),
    ConfigModule,
    SessionModule,
    InboxModule,
    AdminModule,
    SiteModule,
    ConnectionsModule,
    DashboardModule,
    LogTailModule,
    ClockModule,
    TypewriterModule,
    AssistantModule,
    TabsModule,
    PublishModule,
  ],
})
export class AppModule {}
