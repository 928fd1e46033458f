import {
  Controller,
  UseInterceptors,
  type LoggerService,
} from '@nestjs/common';
import { SseException, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';

@Controller()
class WrongController {
  @SseStream('nothing')
  nothing() {}

  @SseStream('number')
  async number() {
    return 42;
  }

  @SseStream('object')
  object() {
    return { data: 'an event?' };
  }

  @SseStream('string')
  string() {
    return 'text';
  }

  @SseStream('piped')
  @UseInterceptors(PassThroughInterceptor)
  piped() {
    return 42;
  }
}

const AppModule = appOf([WrongController]);

describe.each(ALL_PLATFORMS)(
  'a handler that returns no stream on %s',
  (platform) => {
    let application: TestApplication;
    const logged: unknown[][] = [];
    const logger: LoggerService = {
      log: () => undefined,
      warn: () => undefined,
      error: (...values: unknown[]) => void logged.push(values),
    };

    beforeAll(async () => {
      application = await startApplication(platform, AppModule);
      application.app.useLogger(logger);
    });

    afterAll(() => application.close());

    it.each([
      ['/nothing', 'WrongController.nothing', 'nothing'],
      ['/number', 'WrongController.number', 'a number'],
      ['/object', 'WrongController.object', 'an object (Object)'],
      ['/string', 'WrongController.string', 'a string'],
      ['/piped', 'WrongController.piped', 'a number'],
    ])(
      'W3 answers 500, and the log says what was wrong: %s',
      async (path, route, what) => {
        logged.length = 0;
        const client = await application.open(path);
        await client.untilClosed();
        expect(client.status).toBe(500);
        expect(client.raw).not.toContain('@SseStream');
        const error = logged.flat().find((one) => one instanceof SseException);
        expect(error).toMatchObject({
          code: 'NOT_A_STREAM',
          message: expect.stringContaining(
            `${route} is an @SseStream() route, and its handler returned ${what}.`,
          ) as string,
        });
      },
    );
  },
);
