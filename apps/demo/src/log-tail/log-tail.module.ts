import {
  Module,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { LogPublisher } from './log-publisher.service.js';
import { LogTailController } from './log-tail.controller.js';
import { RequestLogMiddleware } from './request-log.middleware.js';
import { RequestLog } from './request-log.service.js';

@Module({
  controllers: [LogTailController],
  providers: [LogPublisher, RequestLog],
})
export class LogTailModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestLogMiddleware).forRoutes('{*path}');
  }
}
