import {
  Controller,
  ForbiddenException,
  Injectable,
  InternalServerErrorException,
  Param,
  type LoggerService,
} from '@nestjs/common';
import { OnSseError, SseStream, type SseFailure } from 'nestjs-event-stream';
import { Subject } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const FAILURES: Readonly<Record<string, unknown>> = {
  bug: new TypeError('connect ECONNREFUSED 10.0.0.7'),
  'server-error': new InternalServerErrorException('select secret from users'),
  'no-error': 'secret',
  forbidden: new ForbiddenException('Not yours any more'),
};

let source: Subject<unknown>;

@Injectable()
class Tracker {
  readonly failures: SseFailure[] = [];

  @OnSseError()
  failed(failure: SseFailure) {
    this.failures.push(failure);
  }
}

@Controller()
class FailingController {
  @SseStream('push/:failure')
  push(@Param('failure') _failure: string) {
    return (source = new Subject());
  }

  @SseStream('pull/:failure')
  async *pull(@Param('failure') failure: string) {
    yield 'first';
    await new Promise((resolve) => setImmediate(resolve));
    throw FAILURES[failure];
  }

  @SseStream('unsendable')
  unsendable() {
    return (source = new Subject());
  }
}

const AppModule = appOf([FailingController], undefined, [Tracker]);

const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : String(failure);

describe.each(ALL_PLATFORMS)('a failure in mid-stream on %s', (platform) => {
  let application: TestApplication;
  let told: Tracker;
  const logged: unknown[][] = [];
  const logger: LoggerService = {
    log: () => undefined,
    warn: () => undefined,
    error: (...values: unknown[]) => void logged.push(values),
  };

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    application.app.useLogger(logger);
    told = application.app.get(Tracker);
  });

  beforeEach(() => {
    logged.length = 0;
    told.failures.length = 0;
  });

  afterAll(() => application.close());

  it.each(['bug', 'server-error', 'no-error'])(
    'W4 becomes a stream-error that hides what happened, and the log tells: %s',
    async (failure) => {
      const client = await application.open(`/push/${failure}`);
      source.next('first');
      source.error(FAILURES[failure]);
      await client.untilClosed();
      expect(client.blocks.slice(1).map(({ raw }) => raw)).toEqual([
        'data: first',
        'event: stream-error\ndata: {"code":"INTERNAL_ERROR","message":"The stream failed on the server.","retryable":true}',
      ]);
      expect(client.isComplete).toBe(true);
      expect(logged).toHaveLength(1);
      expect(logged[0]![0]).toBe(
        `FailingController.push failed in mid-stream: ${messageOf(FAILURES[failure])}`,
      );
      expect(told.failures).toMatchObject([
        {
          error: FAILURES[failure],
          code: 'INTERNAL_ERROR',
          retryable: true,
        },
      ]);
      expect(told.failures[0]!.connection.route).toBe('FailingController.push');
    },
  );

  it('W4 shows the message of an HttpException for the client, and keeps it from coming back', async () => {
    const client = await application.open('/push/forbidden');
    source.next('first');
    source.error(FAILURES.forbidden);
    const { data, id } = await client.untilType('stream-error');
    expect(JSON.parse(data!)).toEqual({
      code: 'FORBIDDEN',
      message: 'Not yours any more',
      retryable: false,
    });
    expect(logged.flat().join(' ')).not.toContain('Not yours');
    expect(told.failures).toMatchObject([
      { error: FAILURES.forbidden, code: 'FORBIDDEN', retryable: false },
    ]);

    const again = await application.open('/push/forbidden', {
      lastEventId: id,
    });
    expect(again.status).toBe(204);
    const byQuery = await application.open(`/push/forbidden?lastEventId=${id}`);
    expect(byQuery.status).toBe(204);
    const elsewhere = await application.open('/push/bug', { lastEventId: id });
    expect(elsewhere.status).toBe(200);
  });

  it('W4 holds for sources that are pulled', async () => {
    const client = await application.open('/pull/bug');
    await client.untilClosed();
    expect(client.types).toEqual(['stream-open', 'message', 'stream-error']);
    expect(client.raw).not.toContain('10.0.0.7');
    expect(client.blocks.at(-1)!.id).toBeUndefined();
  });

  it('W4 holds for a value that cannot be sent: nothing of it, and nothing after it', async () => {
    const client = await application.open('/unsendable');
    source.next('first');
    source.next({ type: 'a\ndata: injected', data: 1 });
    source.next('never');
    await client.untilClosed();
    // The same request would meet it again: the id keeps the client from coming back.
    expect(client.blocks.slice(1).map(({ raw }) => raw)).toEqual([
      'data: first',
      expect.stringMatching(
        /^id: end-.*\nevent: stream-error\ndata: {"code":"INVALID_MESSAGE","message":"The stream failed on the server.","retryable":false}$/,
      ),
    ]);
    expect(told.failures).toMatchObject([{ code: 'INVALID_MESSAGE' }]);
    expect(source.observed).toBe(false);
  });
});
