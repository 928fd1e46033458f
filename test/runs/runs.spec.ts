import { once } from 'node:events';
import { jest } from '@jest/globals';
import {
  Controller,
  Get,
  Logger,
  Module,
  NotFoundException,
  Param,
  Query,
  RequestMethod,
} from '@nestjs/common';
import { SseModule, SseStream, type SseMessage } from 'nestjs-event-stream';
import { StreamRuns, StreamRunsModule } from 'nestjs-event-stream/runs';
import { Subject } from 'rxjs';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';
import type { SseTestClient } from '../support/sse-client.js';

/** What the tests let each run do, and what it was asked for. */
class Model {
  readonly #turns = new Map<string, Subject<SseMessage | string>>();
  readonly started: string[] = [];
  readonly aborted: string[] = [];

  turnsOf(id: string): Subject<SseMessage | string> {
    let turns = this.#turns.get(id);
    if (turns === undefined) this.#turns.set(id, (turns = new Subject()));
    return turns;
  }

  ask(id: string, signal: AbortSignal): Subject<SseMessage | string> {
    this.started.push(id);
    signal.addEventListener('abort', () => this.aborted.push(id));
    return this.turnsOf(id);
  }
}

@Controller('runs')
class RunsController {
  constructor(
    private readonly runs: StreamRuns,
    private readonly model: Model,
  ) {}

  @SseStream(':id', { method: RequestMethod.POST })
  post(@Param('id') id: string, @Query('restart') restart?: string) {
    return this.runs.stream(id, ({ signal }) => this.model.ask(id, signal), {
      ...(restart !== undefined && { whenFinished: 'restart' as const }),
      limits: { maxEvents: 5_000, maxBytes: 2_000_000 },
    });
  }

  @SseStream(':id/attach')
  attach(@Param('id') id: string) {
    return this.runs.attach(id);
  }

  @SseStream(':id/running')
  running(@Param('id') id: string) {
    return this.runs.attach(id, { onlyRunning: true });
  }

  @SseStream(':id/brief')
  brief(@Param('id') id: string) {
    return this.runs.stream(id, () => this.model.turnsOf(id), {
      limits: { maxDurationMs: 100 },
    });
  }

  @SseStream(':id/together')
  together(@Param('id') id: string) {
    return this.runs.stream(
      id,
      async function* () {
        for (let index = 0; index < 200; index++) yield `token ${index}`;
      },
      { coalesce: { maxWaitMs: 20 } },
    );
  }

  @Get(':id/status')
  async status(@Param('id') id: string) {
    const state = await this.runs.status(id);
    if (state === undefined) throw new NotFoundException();
    return state;
  }
}

@Module({
  imports: [SseModule.forRoot(), StreamRunsModule.forRoot()],
  controllers: [RunsController],
  providers: [Model],
})
class AppModule {}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('runs on %s', (platform) => {
  let application: TestApplication;
  let model: Model;
  let runs: StreamRuns;

  beforeEach(async () => {
    application = await startApplication(platform, AppModule);
    model = application.app.get(Model);
    runs = application.app.get(StreamRuns);
  });

  afterEach(() => application.close());

  const post = (path: string, headers: Record<string, string> = {}) =>
    application.open(path, { method: 'POST', headers });

  async function say(id: string, ...tokens: string[]): Promise<void> {
    await until(() => model.turnsOf(id).observed);
    for (const token of tokens) model.turnsOf(id).next(token);
  }

  it('G1 goes on when its client leaves, and runs once for a key', async () => {
    const first = await post('/runs/a');
    await say('a', 'one');
    await first.untilEvents(1);
    first.close();
    await say('a', 'two');
    const second = await post('/runs/a');
    await second.untilEvents(2);
    await say('a', 'three');
    model.turnsOf('a').complete();
    await second.untilType('stream-end');

    expect(dataOf(second)).toEqual(['one', 'two', 'three']);
    expect(model.started).toEqual(['a']);
    expect(await runs.status('a')).toMatchObject({ status: 'completed' });
  });

  it('G1 starts one run for requests that arrive together', async () => {
    const clients = await Promise.all(
      [1, 2, 3, 4, 5].map(() => post('/runs/a')),
    );
    await say('a', 'one');
    for (const client of clients) await client.untilEvents(1);
    expect(model.started).toEqual(['a']);
  });

  it('G2 resumes by id: what was missed, then what follows', async () => {
    const first = await post('/runs/a');
    await say('a', 'one', 'two');
    await first.untilEvents(2);
    const { id } = first.events[0]!;
    first.close();
    await say('a', 'three');
    const second = await post('/runs/a', { 'last-event-id': id! });
    await second.untilEvents(2);
    expect(dataOf(second)).toEqual(['two', 'three']);
    expect(second.types).not.toContain('stream-reset');
  });

  it('G2 replays event by event, not as one, a run that is over', async () => {
    const first = await post('/runs/a');
    await say('a', ...Array.from({ length: 300 }, (_, index) => `${index}`));
    model.turnsOf('a').complete();
    await first.untilType('stream-end');
    const second = await application.open('/runs/a/attach');
    await second.untilType('stream-end');
    expect(dataOf(second)).toEqual(dataOf(first));
    expect(second.events).toHaveLength(300);
  });

  it('G2 answers 204 where nothing runs', async () => {
    const none = await application.open('/runs/none/attach');
    expect(none.status).toBe(204);
    const first = await post('/runs/a');
    await say('a', 'one');
    const running = await application.open('/runs/a/running');
    expect(running.status).toBe(200);
    model.turnsOf('a').complete();
    await first.untilType('stream-end');
    await until(async () => (await runs.status('a'))?.status === 'completed');
    expect((await application.open('/runs/a/running')).status).toBe(204);
  });

  it('G2 a request that is made again with a cursor attaches, even where a new one would restart', async () => {
    const first = await post('/runs/a?restart');
    await say('a', 'one');
    await first.untilEvents(1);
    const cursor = first.events[0]!.id!;
    const again = await post('/runs/a?restart', { 'last-event-id': cursor });
    await say('a', 'two');
    await again.untilEvents(1);
    expect(dataOf(again)).toEqual(['two']);
    expect(model.started).toEqual(['a']);
  });

  it('G1 stops when told to: the signal is aborted, the streams end', async () => {
    const client = await post('/runs/a');
    await say('a', 'one');
    await client.untilEvents(1);
    expect(await runs.stop('a')).toBe(true);
    await client.untilType('stream-end');
    expect(model.aborted).toEqual(['a']);
    expect(model.turnsOf('a').observed).toBe(false);
    expect(await runs.status('a')).toMatchObject({ status: 'stopped' });
    expect(await runs.stop('a')).toBe(false);
  });

  it('G1 logs no failure of a producer that throws because it was stopped', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error');
    let hasThrown = false;
    await runs.start('aborted', async function* produce({ signal }) {
      yield 'one';
      await once(signal, 'abort');
      hasThrown = true;
      signal.throwIfAborted();
    });
    await runs.stop('aborted');
    await until(() => hasThrown);
    expect(await runs.status('aborted')).toMatchObject({ status: 'stopped' });
    expect(errors).not.toHaveBeenCalled();
    errors.mockRestore();
  });

  it('G3 tells of a failure once, without internals, to those who come later as well', async () => {
    const client = await post('/runs/a');
    await say('a', 'one');
    model.turnsOf('a').error(new Error('password=secret'));
    const failure = JSON.parse((await client.untilType('stream-error')).data!);
    expect(failure).toEqual({
      code: 'RUN_FAILED',
      message: 'The run failed on the server.',
      retryable: false,
    });
    const later = await application.open('/runs/a/attach');
    await later.untilType('stream-error');
    expect(dataOf(later)).toEqual(['one']);
    expect(later.raw).not.toContain('secret');
  });

  it('G3 ends a run that takes too long, whatever its producer does', async () => {
    const client = await application.open('/runs/slow/brief');
    const failure = JSON.parse((await client.untilType('stream-error')).data!);
    expect(failure).toMatchObject({ code: 'RUN_LIMIT' });
    expect(failure.message).toContain('maxDurationMs');
    expect(model.turnsOf('slow').observed).toBe(false);
  });

  it('G3 ends a run that gives too many events', async () => {
    const client = await post('/runs/a');
    await until(() => model.turnsOf('a').observed);
    for (let index = 0; index < 5_001; index++) model.turnsOf('a').next('x');
    const failure = JSON.parse((await client.untilType('stream-error')).data!);
    expect(failure.message).toContain('maxEvents');
    expect(client.events).toHaveLength(5_000);
  });

  it('G3 ends runs as lost when the server that produces them goes away', async () => {
    const client = await post('/runs/a');
    await say('a', 'one');
    await client.untilEvents(1);
    await application.app.close();
    await client.untilClosed();
    const failure = client.blocks.find(({ type }) => type === 'stream-error');
    expect(JSON.parse(failure!.data!)).toMatchObject({ code: 'RUN_LOST' });
    expect(model.aborted).toEqual(['a']);
  });

  it('B1 keeps the order of events that are appended together', async () => {
    const client = await application.open('/runs/a/together');
    await client.untilType('stream-end');
    expect(dataOf(client)).toEqual(
      Array.from({ length: 200 }, (_, index) => `token ${index}`),
    );
  });

  it('A3 keeps the runs of principals apart', async () => {
    const ann = { principal: { id: 'ann' } };
    await runs.start(
      'secret',
      ({ signal }) => model.ask('secret', signal),
      ann,
    );
    expect(await runs.status('secret', ann)).toMatchObject({
      status: 'running',
    });
    expect(
      await runs.status('secret', { principal: { id: 'bob' } }),
    ).toBeUndefined();
    expect(await runs.stop('secret', { principal: { id: 'bob' } })).toBe(false);
    expect((await application.open('/runs/secret/attach')).status).toBe(204);
    await runs.stop('secret', ann);
  });
});
