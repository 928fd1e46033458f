import { Controller, UseGuards } from '@nestjs/common';
import { SseAuthGuard, SseModule, SseStream } from 'nestjs-event-stream';
import { openTestStream } from 'nestjs-event-stream/testing';
import { concat, interval, map, NEVER, of } from 'rxjs';
import { LogCollector } from '../support/auth.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

@Controller()
@UseGuards(SseAuthGuard)
class SlowController {
  @SseStream('flood', { slowConsumer: { maxBufferedBytes: 100_000 } })
  flood() {
    const data = 'x'.repeat(50_000);
    return interval(1).pipe(map(() => data));
  }

  /** More than the network in between takes. */
  @SseStream('large', { slowConsumer: { maxBufferedBytes: 64_000_000 } })
  large() {
    return concat(of('x'.repeat(20_000_000)), NEVER);
  }
}

describe.each(PLATFORMS)('the log on %s', (platform) => {
  const start = async () => {
    const log = new LogCollector();
    class AppModule {}
    const started = await startApplication(
      platform,
      {
        module: AppModule,
        imports: [
          SseModule.forRoot({
            drain: { timeoutMs: 100 },
            auth: {
              authenticator: { authenticate: async () => ({ id: 'ann lee' }) },
              sources: { bearer: true },
            },
          }),
        ],
        controllers: [SlowController],
      },
      { configure: (app) => app.useLogger(log) },
    );
    const stall = async (path: string) => {
      const headers = { authorization: 'Bearer secret' };
      const stream = await openTestStream(started.app, path, { headers });
      stream.stall();
      return stream;
    };
    const cutLines = () =>
      log.lines.filter((line) => line.includes('was disconnected because'));
    return { ...started, stall, cutLines };
  };

  it('S1 has one line for a client that is cut: who, why, and what it had not taken', async () => {
    const { stall, cutLines } = await start();
    const stream = await stall('/flood');
    expect(await stream.ended()).toBe('cut');
    expect(cutLines()).toEqual([
      expect.stringMatching(
        /SlowController\.flood: .* it read too slowly \(connection=[\w-]{36} principal="ann lee" address=\S+ openMs=\d+ blocksSent=\d+ waitingBytes=\d{5,}\)/,
      ),
    ]);
    expect(cutLines()[0]).not.toContain('secret');
  });

  it('C5 has one for a client that does not read the end of its stream', async () => {
    const { app, stall, cutLines } = await start();
    const stream = await stall('/large');
    await app.close();
    expect(await stream.ended()).toBe('cut');
    expect(cutLines()).toEqual([
      expect.stringMatching(
        /SlowController\.large: .* did not read the end of its stream .*waitingBytes=\d{6,}\)/,
      ),
    ]);
  });
});
