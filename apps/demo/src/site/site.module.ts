import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { NotFoundFilter } from './not-found.filter.js';
import { PublicFiles } from './public-files.service.js';
import { SiteController } from './site.controller.js';

@Module({
  controllers: [SiteController],
  providers: [PublicFiles, { provide: APP_FILTER, useClass: NotFoundFilter }],
})
export class SiteModule {}
