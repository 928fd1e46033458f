import {
  Global,
  Module,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { ConnectionsController } from './connections.controller.js';
import { PageSocketsMiddleware } from './page-sockets.middleware.js';
import { OpenStreams } from './open-streams.service.js';
import { PageCutter } from './page-cutter.service.js';
import { PageSockets } from './page-sockets.service.js';

@Global()
@Module({
  controllers: [ConnectionsController],
  providers: [PageSockets, PageCutter, OpenStreams],
  exports: [PageCutter, OpenStreams],
})
export class ConnectionsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(PageSocketsMiddleware).forRoutes('api/*path');
  }
}
