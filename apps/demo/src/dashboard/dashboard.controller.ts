import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { PageCutter } from '../connections/page-cutter.service.js';
import { BurstTick, metricsEvents } from './metrics-sample.event.js';
import { MetricsSampler } from './metrics-sampler.service.js';

const BURST = 500;

@Controller('api/metrics')
export class DashboardController {
  constructor(
    private readonly bus: EventBusService,
    private readonly sampler: MetricsSampler,
    private readonly pages: PageCutter,
  ) {}

  @SseStream('stream', { events: metricsEvents })
  watch() {
    return this.bus.stream([this.sampler.topic, 'demo.burst'], {
      snapshot: () => this.sampler.snapshot(),
    });
  }

  /** Publishes 500 numbered events, if asked while the page that asks has just lost its connection. */
  @Post('burst')
  @HttpCode(202)
  async burst(@Body() body: { cut?: unknown } | undefined) {
    if (typeof body?.cut === 'string') await this.pages.cut(body.cut);
    const burst = randomUUID();
    await this.bus.publishMany(
      Array.from({ length: BURST }, (_, index) => ({
        topic: 'demo.burst',
        event: new BurstTick(burst, index + 1, BURST),
      })),
    );
    return { published: BURST };
  }
}
