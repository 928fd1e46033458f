import {
  Body,
  Controller,
  Injectable,
  RequestMethod,
  ValidationPipe,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import {
  openAiStream,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import { NEVER } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { beside } from '../support/beside.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

class PromptDto {
  @IsString()
  @MaxLength(200_000)
  prompt!: string;
}

const DATA_ONLY = {
  method: RequestMethod.POST,
  frames: 'data-only',
  dialect: openAiStream(),
} as const;

/** Holds the shutdown up as long as a test wants. */
@Injectable()
class LastWords implements BeforeApplicationShutdown {
  held: Promise<void> | undefined;

  async beforeApplicationShutdown(): Promise<void> {
    await this.held;
  }
}

@Controller()
class ChatController {
  readonly called: string[] = [];
  release: (() => void) | undefined;

  @SseStream('chat', DATA_ONLY)
  chat(@Body(new ValidationPipe()) { prompt }: PromptDto) {
    this.called.push(prompt);
    return NEVER;
  }

  @SseStream('slow', DATA_ONLY)
  async slow() {
    await new Promise<void>((resolve) => (this.release = resolve));
    return NEVER;
  }

  @SseStream('named', { method: RequestMethod.POST })
  named(@Body(new ValidationPipe()) { prompt }: PromptDto) {
    this.called.push(prompt);
    return NEVER;
  }
}

describe.each(PLATFORMS)('refusals of data-only streams on %s', (platform) => {
  const start = (options?: SseModuleOptions): Promise<TestApplication> =>
    startApplication(platform, appOf([ChatController], options, [LastWords]));

  const ask = ({ open }: TestApplication, path: string, prompt: unknown) =>
    open(path, { method: 'POST', body: JSON.stringify({ prompt }) });

  it('C3 are by status, where named streams are refused so that EventSource tries again', async () => {
    const application = await start({ refusal: 'retry', limits: { total: 1 } });
    await ask(application, '/chat', 'first');
    const refused = await ask(application, '/chat', 'second');
    await refused.untilClosed();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(refused.raw)).toMatchObject({ code: 'SERVER_FULL' });
    const named = await ask(application, '/named', 'third');
    await named.untilType('stream-error');
    expect(named.status).toBe(200);
  });

  it('C5 are by status while the server closes, whether or not the handler is at work', async () => {
    const application = await start();
    const controller = application.app.get(ChatController);
    let release = (): void => undefined;
    application.app.get(LastWords).held = new Promise(
      (resolve) => (release = resolve),
    );
    const atWork = beside(ask(application, '/slow', 'x'));
    await until(() => controller.release !== undefined);
    const closing = beside(application.app.close());
    const refused: SseTestClient[] = [];
    await until(async () => {
      const client = await ask(application, '/chat', 'x');
      if (client.status === 503) refused.push(client);
      else client.close();
      return refused.length > 0;
    });
    controller.release!();
    const late = await atWork;
    for (const client of [...refused, late]) {
      await client.untilClosed();
      expect(client.status).toBe(503);
      expect(JSON.parse(client.raw)).toMatchObject({ code: 'SHUTTING_DOWN' });
      expect(client.raw).not.toContain('event:');
    }
    release();
    await closing;
  });

  it.each(['/chat', '/named'])(
    'B8 an upload over the limit of the platform is 413, and no handler hears of it: %s',
    async (path) => {
      const application = await start();
      const tooLarge = 'x'.repeat(1_200_000);
      const refused = await ask(application, path, tooLarge);
      expect(refused.status).toBe(413);
      expect(application.app.get(ChatController).called).toEqual([]);
    },
  );

  it.each(['/chat', '/named'])(
    "W3 a body that is not valid is 400 with the validators' messages: %s",
    async (path) => {
      const application = await start();
      const refused = await ask(application, path, 42);
      await refused.untilClosed();
      expect(refused.status).toBe(400);
      expect(JSON.parse(refused.raw)).toMatchObject({
        message: expect.arrayContaining(['prompt must be a string']),
      });
      expect(application.app.get(ChatController).called).toEqual([]);
    },
  );
});
