import { Module } from '@nestjs/common';
import { DashboardController } from './dashboard.controller.js';
import { MetricsSampler } from './metrics-sampler.service.js';

@Module({
  controllers: [DashboardController],
  providers: [MetricsSampler],
})
export class DashboardModule {}
