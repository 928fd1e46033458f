import { jest } from '@jest/globals';
import { Controller, UseGuards } from '@nestjs/common';
import { SseAuthGuard, SseStream } from 'nestjs-event-stream';
import {
  openTestStream,
  takeOverTime,
  type TestClock,
} from 'nestjs-event-stream/testing';
import { concat, NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

@Controller('quiet')
class QuietController {
  @SseStream()
  watch() {
    return NEVER;
  }

  /** More than the network in between takes. */
  @SseStream('large', { slowConsumer: { maxBufferedBytes: 64_000_000 } })
  large() {
    return concat(of('x'.repeat(20_000_000)), NEVER);
  }

  @SseStream('session')
  @UseGuards(SseAuthGuard)
  session() {
    return NEVER;
  }
}

describe.each(PLATFORMS)('the clock of a test on %s', (platform) => {
  let clock: TestClock;

  beforeEach(() => {
    clock = takeOverTime(jest);
  });

  afterEach(() => clock.restore());

  const start = () =>
    startApplication(
      platform,
      appOf([QuietController], {
        heartbeat: { intervalMs: 60_000 },
        lifetime: { maxMs: 600_000, jitterRatio: 0 },
        drain: { timeoutMs: 30_000 },
        auth: {
          authenticator: {
            authenticate: async () => ({
              id: 'ann',
              expiresAt: Date.now() + 120_000,
            }),
          },
          sources: { bearer: true },
        },
      }),
    );

  it('C1 C4 brings heartbeats and the end of a lifetime', async () => {
    const { app } = await start();
    const stream = await openTestStream(app, '/quiet');
    await clock.advance(60_000);
    await stream.heartbeat();
    await clock.advance(60_000);
    await stream.heartbeat();
    await clock.advance(480_000);
    expect(await stream.ended()).toBe('complete');
  });

  it('A4 brings the end of a session', async () => {
    const { app } = await start();
    const headers = { authorization: 'Bearer secret' };
    const stream = await openTestStream(app, '/quiet/session', { headers });
    await clock.advance(120_000);
    const { data } = await stream.next('stream-error');
    expect(data).toMatchObject({ code: 'SESSION_EXPIRED' });
  });

  it('C5 brings the end of a drain that waits for a client', async () => {
    const { app } = await start();
    const stream = await openTestStream(app, '/quiet/large');
    stream.stall();
    const closing = app.close();
    await clock.advance(30_000);
    await closing;
    expect(await stream.ended()).toBe('cut');
  });
});
