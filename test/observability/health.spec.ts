import { Controller, Get, Inject, Module, Query } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  TerminusModule,
} from '@nestjs/terminus';
import {
  memoryEventLog,
  SseConnections,
  SseModule,
  SseStream,
  type EventLog,
  type LogHealthState,
} from 'nestjs-event-stream';
import {
  SseHealthIndicator,
  SseHealthModule,
  type ReadinessOptions,
} from 'nestjs-event-stream/health';
import { NEVER } from 'rxjs';
import { atEnd } from '../support/at-end.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(SseHealthIndicator) private readonly sse: SseHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck({ noCache: true })
  ready(@Query('log') log?: ReadinessOptions['log']) {
    return this.health.check([() => this.sse.isReady('sse', { log })]);
  }
}

@Controller('quiet')
class QuietController {
  @SseStream()
  quiet() {
    return NEVER;
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), SseHealthModule],
  controllers: [HealthController],
})
class HealthModule {}

/** A log in memory whose engine goes away when it is told to. */
function logWithHealth() {
  let state: LogHealthState = { status: 'up', since: 0 };
  const log: EventLog = Object.assign(memoryEventLog(), {
    health: {
      get state() {
        return state;
      },
      watch: () => () => undefined,
    },
  });
  const goDown = () => {
    state = { status: 'down', since: 7, reason: 'no route to 10.0.0.1' };
  };
  return { log, goDown };
}

describe.each(PLATFORMS)('the health indicator on %s', (platform) => {
  const start = async () => {
    const { log, goDown } = logWithHealth();
    class AppModule {}
    const started = await startApplication(platform, {
      module: AppModule,
      imports: [SseModule.forRoot({ log, isGlobal: false }), HealthModule],
      controllers: [QuietController],
    });
    const check = async (query = '') => {
      // With a connection of its own: a shutdown closes those that are kept.
      const response = await started.open(`/health/ready${query}`);
      await response.untilClosed();
      return { status: response.status, text: response.raw };
    };
    return { ...started, goDown, check };
  };

  it('N2 is up while the log can be reached, and down, or up if the log is reported only, while not', async () => {
    const { check, goDown } = await start();
    const up = await check();
    expect(up.status).toBe(200);
    expect(JSON.parse(up.text).info.sse).toEqual({
      status: 'up',
      log: 'up',
      tail: 'running',
      isDraining: false,
      streams: 0,
    });

    goDown();
    const down = await check();
    expect(down.status).toBe(503);
    expect(JSON.parse(down.text).error.sse).toMatchObject({
      status: 'down',
      log: 'down',
      logDownSince: 7,
    });
    // What the engine said may name hosts.
    expect(down.text).not.toContain('10.0.0.1');
    expect((await check('?log=reported')).status).toBe(200);
    expect((await check('?log=other')).status).toBe(500);
  });

  it('C5 is down as soon as the application is shutting down, while it still answers', async () => {
    const { check, app, open } = await start();
    const client = await open('/quiet');
    // What a hook of the application waits for.
    let goOn!: () => void;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const connections = app.get(SseConnections, { strict: false });
    Object.assign(connections, { onModuleDestroy: () => waiting });
    atEnd('what the hook waits for', goOn);
    const closing = app.close();
    await until(async () => (await check()).status === 503);
    expect((await check()).text).toContain('"isDraining":true');
    goOn();
    await closing;
    await client.untilClosed();
  });
});
