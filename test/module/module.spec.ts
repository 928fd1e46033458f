import {
  Controller,
  Injectable,
  Module,
  type DynamicModule,
  type Type,
} from '@nestjs/common';
import {
  EventBusService,
  SseModule,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const HEARTBEAT = Symbol('HEARTBEAT');

@Module({
  providers: [{ provide: HEARTBEAT, useValue: 4_321 }],
  exports: [HEARTBEAT],
})
class ConfigurationModule {}

@Injectable()
class OptionsFactory {
  create(): SseModuleOptions {
    return { heartbeat: { intervalMs: 1_234 } };
  }
}

@Controller()
class NewsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }
}

/** An application whose streams are in a module of their own, with or without the library's module. */
function applicationOf(
  sse: DynamicModule,
  { featureImports = [] }: { featureImports?: (Type | DynamicModule)[] } = {},
): Type {
  @Module({ imports: featureImports, controllers: [NewsController] })
  class FeatureModule {}

  @Module({ imports: [sse, FeatureModule] })
  class AppModule {}
  return AppModule;
}

const BAD_OPTIONS = {
  heartbeat: { intervalMs: -1 },
  maxEventBytes: 1.5,
  slowConsumer: { policy: 'drop' },
  drain: { later: true },
  hearbeat: false,
} as unknown as SseModuleOptions;

const REGISTRATIONS: [string, (options: SseModuleOptions) => DynamicModule][] =
  [
    ['forRoot', (options) => SseModule.forRoot(options)],
    [
      'forRootAsync',
      (options) =>
        SseModule.forRootAsync({ useFactory: () => Promise.resolve(options) }),
    ],
  ];

describe('SseModule', () => {
  it.each(['forRoot', 'forRootAsync'] as const)(
    '%s refuses at once what is no options',
    (name) => {
      for (const options of [null, 'redis', []] as never[]) {
        expect(() => SseModule[name](options)).toThrow(
          expect.objectContaining({
            code: 'INVALID_OPTIONS',
            message: expect.stringContaining(
              `SseModule.${name}(): must be an object, not`,
            ) as string,
          }) as Error,
        );
      }
    },
  );
});

describe.each(PLATFORMS)('SseModule on %s', (platform) => {
  let application: TestApplication;

  const start = async (module: Type): Promise<TestApplication> =>
    (application = await startApplication(platform, module));

  /** What a stream of the feature module says at its beginning, and that it gets what is published. */
  const openNews = async (): Promise<unknown> => {
    const client = await application.open('/news');
    await client.untilType('stream-live');
    await application.app
      .get(EventBusService, { strict: false })
      .publish('news', 'hello');
    const [event] = await client.untilEvents(1);
    expect(event).toMatchObject({ data: 'hello' });
    return JSON.parse((await client.untilType('stream-open')).data!);
  };

  it('takes options from a factory with what it injects, and is global', async () => {
    const sse = SseModule.forRootAsync({
      imports: [ConfigurationModule],
      inject: [HEARTBEAT],
      useFactory: async (intervalMs: number) =>
        Promise.resolve({ heartbeat: { intervalMs } }),
    });
    await start(applicationOf(sse));
    expect(await openNews()).toEqual({ heartbeatMs: 4_321 });
  });

  it('takes options from a class', async () => {
    await start(
      applicationOf(SseModule.forRootAsync({ useClass: OptionsFactory })),
    );
    expect(await openNews()).toEqual({ heartbeatMs: 1_234 });
  });

  it('says how to import it where its bare name was imported', async () => {
    const bare = { module: SseModule };
    for (const module of [
      applicationOf(bare),
      applicationOf(bare, { featureImports: [SseModule] }),
    ]) {
      await expect(start(module)).rejects.toThrow(
        'SseModule is imported by its bare name. Write imports: [SseModule.forRoot()].',
      );
    }
  });

  it.each(REGISTRATIONS)(
    '%s keeps the default of every option that is undefined',
    async (_name, register) => {
      const sse = register({
        log: undefined,
        heartbeat: undefined,
        retry: undefined,
        slowConsumer: undefined,
        drain: undefined,
        auth: undefined,
        limits: undefined,
        refusal: undefined,
      });
      await start(applicationOf(sse));
      expect(await openNews()).toEqual({ heartbeatMs: 15_000 });
    },
  );

  it('is global where isGlobal is undefined', async () => {
    await start(applicationOf(SseModule.forRoot({ isGlobal: undefined })));
    await openNews();
  });

  it.each(REGISTRATIONS)(
    '%s reports all bad options at boot, in one message',
    async (_name, register) => {
      const starting = start(applicationOf(register(BAD_OPTIONS)));
      const error = await starting.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error).toMatchObject({
        name: 'SseException',
        code: 'INVALID_OPTIONS',
      });
      for (const name of [
        'heartbeat.intervalMs must',
        'maxEventBytes must',
        'slowConsumer.policy must',
        'drain.later is unknown',
        'hearbeat is unknown',
      ]) {
        expect(error?.message).toContain(name);
      }
    },
  );

  it.each(REGISTRATIONS)(
    '%s checks isGlobal as all other options',
    async (name) => {
      const bad = { isGlobal: 'yes' as never };
      const sse =
        name === 'forRoot'
          ? SseModule.forRoot({ ...bad, maxEventBytes: -1 })
          : SseModule.forRootAsync({
              ...bad,
              useFactory: () => ({ maxEventBytes: -1 }),
            });
      await expect(start(applicationOf(sse))).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(
          /maxEventBytes must .*; isGlobal must be a boolean, not "yes"/,
        ) as string,
      });
    },
  );

  it.each([null, undefined, 'redis'])(
    'says so when its factory gives %p, which is no options',
    async (given) => {
      const sse = SseModule.forRootAsync({ useFactory: () => given as never });
      await expect(start(applicationOf(sse))).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
        message: expect.stringContaining('must be an object, not') as string,
      });
    },
  );

  it('fails to start with what its factory fails with', async () => {
    const sse = SseModule.forRootAsync({
      useFactory: () => Promise.reject(new Error('no configuration')),
    });
    await expect(start(applicationOf(sse))).rejects.toThrow('no configuration');
  });

  describe.each<[string, () => DynamicModule]>([
    ['forRoot', () => SseModule.forRoot({ isGlobal: false })],
    [
      'forRootAsync',
      () =>
        SseModule.forRootAsync({
          isGlobal: false,
          inject: [],
          useFactory: () => ({}),
        }),
    ],
  ])('%s with isGlobal: false', (_name, register) => {
    it('serves a module that imports it', async () => {
      const sse = register();
      await start(applicationOf(sse, { featureImports: [sse] }));
      await openNews();
    });

    it('is not to be had in a module that does not import it', async () => {
      await expect(start(applicationOf(register()))).rejects.toThrow(
        /needs SseModule, .* where it is not global, import it in the controller's module/,
      );
    });
  });
});
