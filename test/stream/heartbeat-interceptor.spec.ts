import {
  Controller,
  Get,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  configureStream,
  HEARTBEAT_OPTIONS,
  HeartbeatInterceptor,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import { NEVER, type Observable } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Injectable()
class OwnInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    configureStream(context, { heartbeat: { intervalMs: 444 } });
    return next.handle();
  }
}

@Controller('bare')
class BareController {
  @SseStream('none')
  none() {
    return NEVER;
  }

  @SseStream('option', { heartbeat: { intervalMs: 111 } })
  option() {
    return NEVER;
  }

  @SseStream('class')
  @UseInterceptors(HeartbeatInterceptor)
  asClass() {
    return NEVER;
  }

  @UseInterceptors(new HeartbeatInterceptor({ intervalMs: 222 }))
  @SseStream('instance')
  asInstance() {
    return NEVER;
  }

  @SseStream('off')
  @UseInterceptors(new HeartbeatInterceptor(false))
  off() {
    return NEVER;
  }

  @SseStream('own')
  @UseInterceptors(OwnInterceptor)
  own() {
    return NEVER;
  }

  @Get('plain')
  plain() {
    return 'plain';
  }
}

@Controller('level')
@UseInterceptors(new HeartbeatInterceptor({ intervalMs: 333 }))
class LevelController {
  @SseStream('controller')
  ofController() {
    return NEVER;
  }

  @SseStream('method')
  @UseInterceptors(new HeartbeatInterceptor({ intervalMs: 222 }))
  ofMethod() {
    return NEVER;
  }
}

const moduleOf = (options: SseModuleOptions, providers: readonly Provider[]) =>
  appOf([BareController, LevelController], options, [...providers]);

const GLOBAL: Provider = {
  provide: APP_INTERCEPTOR,
  useClass: HeartbeatInterceptor,
};
const optionsToken = (useValue: unknown): Provider => ({
  provide: HEARTBEAT_OPTIONS,
  useValue,
});

/** What the routes of the bare controller beat at, in the order of PATHS. */
const PATHS = ['none', 'option', 'class', 'instance', 'off', 'own'];

describe.each(PLATFORMS)('heartbeats on %s', (platform) => {
  let application: TestApplication;

  const heartbeatOf = async (path: string): Promise<unknown> => {
    const client = await application.open(path);
    const { data } = await client.untilType('stream-open');
    return (JSON.parse(data!) as { heartbeatMs: unknown }).heartbeatMs;
  };

  const heartbeats = (): Promise<unknown[]> =>
    Promise.all(PATHS.map((path) => heartbeatOf(`/bare/${path}`)));

  it.each<[string, SseModuleOptions, readonly Provider[], readonly unknown[]]>([
    ['by default', {}, [], [15_000, 111, 15_000, 222, false, 444]],
    [
      'by the module',
      { heartbeat: { intervalMs: 999 } },
      [],
      [999, 111, 15_000, 222, false, 444],
    ],
    [
      'turned off',
      { heartbeat: false },
      [],
      [false, 111, 15_000, 222, false, 444],
    ],
    [
      'by the options token',
      {},
      [optionsToken({ intervalMs: 555 })],
      [15_000, 111, 555, 222, false, 444],
    ],
    [
      'by a token that turns them off',
      {},
      [optionsToken(false)],
      [15_000, 111, false, 222, false, 444],
    ],
    [
      'by an interceptor of the application',
      {},
      [GLOBAL, optionsToken({ intervalMs: 555 })],
      [555, 555, 555, 222, false, 444],
    ],
  ])('C1 are as configured: %s', async (_how, options, providers, expected) => {
    application = await startApplication(
      platform,
      moduleOf(options, providers),
    );
    expect(await heartbeats()).toEqual(expected);
  });

  it("C1 are the method's before the controller's before the application's", async () => {
    const providers = [GLOBAL, optionsToken({ intervalMs: 555 })];
    application = await startApplication(platform, moduleOf({}, providers));
    expect(await heartbeatOf('/level/controller')).toBe(333);
    expect(await heartbeatOf('/level/method')).toBe(222);
    expect(await heartbeatOf('/bare/none')).toBe(555);
    const plain = await application.open('/bare/plain');
    await plain.untilClosed();
    expect(plain.raw).toBe('plain');
  });

  it('C1 arrive as comments while a stream is silent', async () => {
    application = await startApplication(platform, moduleOf({}, []));
    const client = await application.open('/bare/option');
    await client.until(({ blocks }) => blocks.length >= 3, 'two heartbeats');
    expect(client.blocks.slice(1, 3).map(({ raw }) => raw)).toEqual([':', ':']);
  });
});

describe('HeartbeatInterceptor', () => {
  it.each([
    { intervalMs: 0 },
    { intervalMs: NaN },
    { interval: 5 },
    null,
    true,
  ])('C1 refuses the options %p', (options) => {
    expect(() => new HeartbeatInterceptor(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }) as Error,
    );
  });
});
