import { Module } from '@nestjs/common';
import { AnnouncementsController } from './announcements.controller.js';
import { Announcements } from './announcements.service.js';

@Module({
  controllers: [AnnouncementsController],
  providers: [Announcements],
})
export class PublishModule {}
