import { Controller } from '@nestjs/common';
import { SseStream } from 'nestjs-event-stream';
import { NEVER } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { LogCollector } from '../support/auth.js';
import {
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class QuietController {
  @SseStream('quiet')
  quiet() {
    return NEVER;
  }
}

const AppModule = appOf([QuietController]);

/** Other listeners, such as a test runner's, would hide that the application has none. */
describe('the warning that shutdown hooks are off', () => {
  const listeners = process.listeners('SIGTERM');
  const log = new LogCollector();

  const start = (
    platform: PlatformName,
    withHooks = false,
  ): Promise<TestApplication> =>
    startApplication(platform, AppModule, {
      configure: (app) => {
        app.useLogger(log);
        if (withHooks) app.enableShutdownHooks();
      },
    });

  const openStream = async (application: TestApplication): Promise<void> => {
    await (await application.open('/quiet')).untilType('stream-open');
  };

  const warnings = (): string[] =>
    log.lines.filter((line) => line.includes('enableShutdownHooks'));

  beforeAll(() => {
    process.removeAllListeners('SIGTERM');
  });

  afterAll(() => {
    for (const listener of listeners) process.on('SIGTERM', listener);
  });

  it.each(PLATFORMS)(
    'C5 is not given on %s where they are on',
    async (platform) => {
      const application = await start(platform, true);
      await openStream(application);
      expect(warnings()).toEqual([]);
      await application.close();
      expect(process.listenerCount('SIGTERM')).toBe(0);
    },
  );

  it('C5 is given once in a process, by the first stream that opens', async () => {
    const [first, ...others] = await Promise.all(
      PLATFORMS.map((platform) => start(platform)),
    );
    expect(warnings()).toEqual([]);
    await openStream(first!);
    expect(warnings()).toEqual([
      expect.stringContaining('nothing listens to SIGTERM'),
    ]);
    for (const application of [first!, ...others])
      await openStream(application);
    expect(warnings()).toHaveLength(1);
  });
});
