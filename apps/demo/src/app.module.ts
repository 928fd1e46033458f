import { Module } from '@nestjs/common';
import { SseModule } from 'nestjs-event-stream';
import { StreamRunsModule } from 'nestjs-event-stream/runs';
import { AdminModule } from './admin/admin.module.js';
import { AssistantModule } from './assistant/assistant.module.js';
import { ClockModule } from './clock/clock.module.js';
import { ConfigModule } from './config/config.module.js';
import { DEMO_CONFIG, type DemoConfig } from './config/demo-config.js';
import { eventLogOf } from './config/event-log.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { LogTailModule } from './log-tail/log-tail.module.js';
import { NodesModule } from './nodes/nodes.module.js';
import { PublishModule } from './publish/publish.module.js';
import { SessionAuthenticator } from './session/session.authenticator.js';
import { SESSION_COOKIE } from './session/session-cookie.js';
import { SessionModule } from './session/session.module.js';
import { SiteModule } from './site/site.module.js';
import { TabsModule } from './tabs/tabs.module.js';
import { TypewriterModule } from './typewriter/typewriter.module.js';

@Module({
  imports: [
    SseModule.forRootAsync({
      inject: [DEMO_CONFIG],
      useFactory: async (config: DemoConfig) => ({
        auth: {
          authenticator: SessionAuthenticator,
          sources: { bearer: false, cookie: SESSION_COOKIE },
        },
        // Fixed, so that the pages can count down to it; the default spreads it.
        retry: { minMs: 2000, maxMs: 2000 },
        log: await eventLogOf(config),
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
    NodesModule,
    PublishModule,
  ],
})
export class AppModule {}
