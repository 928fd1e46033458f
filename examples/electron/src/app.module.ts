import { Module } from '@nestjs/common';
import { SseModule } from 'nestjs-event-stream';
import { EventsController } from './events.controller.js';

@Module({ imports: [SseModule.forRoot()], controllers: [EventsController] })
export class AppModule {}
