import { Module } from '@nestjs/common';
import { SseInspectorModule } from 'nestjs-event-stream/inspector';
import { AdminController, AdminGuard } from './admin.controller.js';

@Module({
  imports: [
    SseInspectorModule.forRoot({
      guards: [AdminGuard],
      path: 'admin/inspector',
    }),
  ],
  controllers: [AdminController],
})
export class AdminModule {}
