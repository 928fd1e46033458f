import { Module } from '@nestjs/common';
import { NodesController } from './nodes.controller.js';
import { Nodes } from './nodes.service.js';

@Module({ controllers: [NodesController], providers: [Nodes] })
export class NodesModule {}
