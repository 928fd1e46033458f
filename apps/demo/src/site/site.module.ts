import { Module } from '@nestjs/common';
import { PublicFiles } from './public-files.service.js';
import { SiteController } from './site.controller.js';

@Module({ controllers: [SiteController], providers: [PublicFiles] })
export class SiteModule {}
