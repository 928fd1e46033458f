import { Module } from '@nestjs/common';
import { TabsController } from './tabs.controller.js';
import { TabsCounter } from './tabs-counter.service.js';

@Module({ controllers: [TabsController], providers: [TabsCounter] })
export class TabsModule {}
