import { Module } from '@nestjs/common';
import { InboxController } from './inbox.controller.js';
import { Inbox } from './inbox.service.js';

@Module({ controllers: [InboxController], providers: [Inbox] })
export class InboxModule {}
