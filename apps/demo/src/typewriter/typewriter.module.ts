import { Module } from '@nestjs/common';
import { TypewriterController } from './typewriter.controller.js';

@Module({ controllers: [TypewriterController] })
export class TypewriterModule {}
