import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { createApp } from './create-app.js';
import { OpenStream } from './open-stream.js';

@Controller('news')
class NewsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream()
  watch() {
    return this.bus.stream('news');
  }

  @Get('plain')
  plain() {
    return 'no stream';
  }
}

@Module({
  imports: [
    SseModule.forRoot(),
    ThrottlerModule.forRoot([{ ttl: 3_600_000, limit: 2 }]),
  ],
  controllers: [NewsController],
  providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
})
class ThrottledModule {}

/** Opens one stream more than is allowed, and says how they were answered, and what the first one got. */
void createApp(ThrottledModule).then(async (app) => {
  await app.listen(0, '127.0.0.1');
  const first = await OpenStream.open(app, '/news');
  await OpenStream.open(app, '/news');
  const third = await fetch(`${await app.getUrl()}/news`);
  console.log(third.status, third.headers.get('retry-after'));
  await app.get(EventBusService).publish('news', 'still open');
  await first.until('still open');
  console.log('still open');
  await app.close();
});
