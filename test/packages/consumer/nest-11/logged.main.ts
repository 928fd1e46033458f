import 'reflect-metadata';
import { Controller, Logger, Module } from '@nestjs/common';
import { Logger as PinoLogger, LoggerModule } from 'nestjs-pino';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { createApp } from './create-app.js';
import { OpenStream } from './open-stream.js';

@Controller('news')
class NewsController {
  private readonly logger = new Logger('News');

  constructor(private readonly bus: EventBusService) {}

  @SseStream()
  watch() {
    return this.bus.stream('news', {
      filter: ({ data }) => {
        this.logger.log(`filter ${String(data)}`);
        return true;
      },
    });
  }
}

@Module({
  imports: [
    SseModule.forRoot(),
    // A destination that writes at once: the process may end before a transport has written.
    LoggerModule.forRoot({ pinoHttp: { level: 'info' } }),
  ],
  controllers: [NewsController],
})
class LoggedModule {}

/** Lets an event be published by nobody's request, and logged in that of its subscriber. */
void createApp(LoggedModule).then(async (app) => {
  app.useLogger(app.get(PinoLogger));
  await app.listen(0, '127.0.0.1');
  const stream = await OpenStream.open(app, '/news?from=ann');
  await stream.until('event: stream-live');
  await app.get(EventBusService).publish('news', 'hello');
  await stream.until('hello');
  await app.close();
});
