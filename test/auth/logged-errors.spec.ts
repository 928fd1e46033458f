import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Controller, Injectable } from '@nestjs/common';
import { concat, delay, map, of, throwError } from 'rxjs';
import {
  EventBusService,
  OnSseConnect,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const SECRET = 'Bearer secret-of-an-upstream';
const FORGED = 'ERROR [Forged] everything is well';

/** What HTTP clients throw: the request with its credentials stands on it. */
function httpError(): Error {
  const config = { headers: { authorization: SECRET } };
  return Object.assign(new Error(`Status 500\n${FORGED}`), {
    config,
    request: { config },
    toJSON: () => config,
  });
}

@Injectable()
class Hooks {
  @OnSseConnect()
  onConnect(): void {
    throw httpError();
  }
}

@Controller()
class FailingController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('mid-stream')
  midStream() {
    return concat(of(1).pipe(delay(1)), throwError(httpError));
  }

  @SseStream('mapped')
  mapped() {
    return this.bus.stream('mapped').pipe(
      map(() => {
        throw new Error('The map failed.', { cause: httpError() });
      }),
    );
  }

  @SseStream('thrown')
  thrown() {
    return concat(
      of(1).pipe(delay(1)),
      throwError(() => ({ authorization: SECRET })),
    );
  }
}

const FailingModule = appOf([FailingController], {}, [Hooks]);

describe.each(PLATFORMS)('what is logged of failures, on %s', (platform) => {
  let application: TestApplication | undefined;
  const log = new LogCollector();

  afterEach(async () => {
    await application?.close();
    application = undefined;
    log.lines.length = 0;
  });

  const start = async (module: object): Promise<TestApplication> =>
    (application = await startApplication(platform, module, {
      configure: (app) => app.useLogger(log),
    }));
  const expectClean = (): void => {
    expect(log.text).not.toContain('secret');
    for (const line of log.text.split('\n'))
      expect(line.startsWith(FORGED)).toBe(false);
  };

  it.each(['mid-stream', 'mapped', 'thrown'])(
    'A5 says message and stack of what fails in mid-stream, and nothing else: %s',
    async (path) => {
      const { app, open } = await start(FailingModule);
      const client = await open(`/${path}`);
      await client.untilType('stream-open');
      await app.get(EventBusService).publish('mapped', 1);
      await client.untilClosed();

      expect(log.text).toContain(`FailingController.${camel(path)} failed`);
      expect(log.text).toContain('A hook of a connection failed: Status 500');
      expectClean();
    },
  );

  it('A5 begins no line of its own when a principal cannot be revalidated', async () => {
    const { app, open } = await start(authApp());
    const authenticator = app.get(TestAuthenticator);
    const client = await open('/users/ann/events', {
      headers: authenticator.admit('ann'),
    });
    await client.untilType('stream-live');
    authenticator.renewals.set('ann', httpError());
    await app.get(SseConnections).revalidate({ principal: 'ann' });
    await until(() => log.text.includes('could not be revalidated'));

    expect(log.text).toContain(`Status 500\\n${FORGED}`);
    expectClean();
  });
});

it('A5 hands no error to a logger past the one place that knows how', () => {
  const source = fileURLToPath(new URL('../../libs/sse/src/', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const others = files.filter(
    (file) =>
      /(?<!\.spec)\.ts$/.test(file) &&
      !file.endsWith('log-error.ts') &&
      /ogger\.(error|fatal)\(/.test(readFileSync(source + file, 'utf8')),
  );

  expect(others).toEqual([]);
});

function camel(path: string): string {
  return path.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
}
