import { Controller, Module, Param, RequestMethod } from '@nestjs/common';
import { getEventListeners } from 'node:events';
import { SseModule, SseStream } from 'nestjs-event-stream';
import { StreamRuns, StreamRunsModule } from 'nestjs-event-stream/runs';
import { streamsOf } from '../support/internals.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { ScriptedModel } from '../support/scripted-model.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

/** The signals of the runs' producers. */
const signals = new Map<string, AbortSignal>();

@Controller('runs/:id')
class RunsController {
  constructor(
    private readonly runs: StreamRuns,
    private readonly model: ScriptedModel,
  ) {}

  @SseStream({ method: RequestMethod.POST })
  start(@Param('id') id: string) {
    return this.runs.stream(id, ({ signal }) => {
      signals.set(id, signal);
      return this.model.ask(id, signal);
    });
  }

  @SseStream()
  attach(@Param('id') id: string) {
    return this.runs.attach(id);
  }
}

@Module({
  imports: [SseModule.forRoot(), StreamRunsModule.forRoot()],
  controllers: [RunsController],
  providers: [ScriptedModel],
})
class AppModule {}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

/** What Vercel's resumable-stream 2.2 is known for, one test each. What needs two nodes is in `nodes.spec.ts`. */
describe.each(PLATFORMS)(
  'the faults of resumable-stream, on %s',
  (platform) => {
    let application: TestApplication;
    let model: ScriptedModel;
    let runs: StreamRuns;
    let count = 0;
    let id: string;

    beforeAll(async () => {
      application = await startApplication(platform, AppModule);
      model = application.app.get(ScriptedModel);
      runs = application.app.get(StreamRuns);
    });

    beforeEach(() => {
      id = `${platform}-${count++}`;
    });

    const post = () => application.open(`/runs/${id}`, { method: 'POST' });
    const attach = (lastEventId?: string) =>
      application.open(`/runs/${id}`, { lastEventId });
    const over = () =>
      until(async () => (await runs.status(id))?.status !== 'running');

    it('G2 "the producer dies and all is lost": what it said stays, and its end is told', async () => {
      model.say(id, 'one', 'two');
      const client = await post();
      await client.untilEvents(2);
      model.finish(id, new Error('the connection to the model broke'));
      await client.untilType('stream-error');
      const later = await attach();
      await later.untilType('stream-error');
      expect(dataOf(later)).toEqual(['one', 'two']);
    });

    it('G2 "the replay is joined into one message": 2,000 tokens come as 2,000 events', async () => {
      const tokens = Array.from(
        { length: 2_000 },
        (_, index) => `token ${index}`,
      );
      model.say(id, ...tokens);
      model.finish(id);
      const first = await post();
      await first.untilType('stream-end');
      const later = await attach();
      await later.untilType('stream-end');
      expect(dataOf(later)).toEqual(tokens);
    });

    it('G2 "a handshake of one second": attaching waits for no word of the producer', async () => {
      const first = await post();
      await first.untilType('stream-live');
      const second = await attach();
      // The producer has said nothing at all, and does not until it is open.
      await second.untilType('stream-live');
      expect(dataOf(second)).toEqual([]);
      model.say(id, 'one');
      await second.untilEvents(1);
    });

    it('G3 "a lost DONE leaves the stream open for ever": who comes later is told the end by the log', async () => {
      model.say(id, 'one');
      const first = await post();
      await first.untilEvents(1);
      const cursor = first.lastId;
      first.close();
      model.finish(id);
      await over();
      const later = await attach(cursor);
      await later.untilType('stream-end');
      await later.untilClosed();
      expect((await attach(later.lastId)).status).toBe(204);
    });

    it('G2 "finished streams cannot be resumed": the rest of a run that is over follows the cursor', async () => {
      model.say(id, 'one', 'two', 'three');
      const first = await post();
      await first.untilEvents(3);
      const cursor = first.events[0]!.id;
      first.close();
      model.finish(id);
      await over();
      const later = await attach(cursor);
      await later.untilType('stream-end');
      expect(dataOf(later)).toEqual(['two', 'three']);
    });

    it('C2 "every reconnect adds a listener, and clients leak": nothing is left of 30 clients but the run', async () => {
      model.say(id, 'one');
      const first = await post();
      await first.untilEvents(1);
      first.close();
      await until(() => streamsOf(application).isEmpty);
      const listeners = getEventListeners(signals.get(id)!, 'abort').length;
      for (let round = 0; round < 30; round++) {
        const client = await attach();
        await client.untilEvents(1);
        client.close();
      }
      await until(() => streamsOf(application).isEmpty);
      expect(getEventListeners(signals.get(id)!, 'abort')).toHaveLength(
        listeners,
      );
      expect(await runs.status(id)).toMatchObject({ status: 'running' });
    });

    it('G1 "a race on start": requests that arrive together are one run, and all get all of it', async () => {
      model.say(id, 'one', 'two');
      model.finish(id);
      const clients = await Promise.all(Array.from({ length: 8 }, post));
      for (const client of clients) {
        await client.untilType('stream-end');
        expect(dataOf(client)).toEqual(['one', 'two']);
      }
      expect(model.asked.filter((one) => one === id)).toHaveLength(1);
    });

    it('G2 "positions are counted in characters": tokens of several bytes resume whole, none twice', async () => {
      const tokens = ['é', '👩‍👩‍👧', '\u{1F600}', 'ß', '漢字', '́'];
      model.say(id, ...tokens);
      const first = await post();
      await first.untilEvents(tokens.length);
      const cursors = first.events.map((event) => event.id);
      model.finish(id);
      await first.untilType('stream-end');
      for (const [index, cursor] of cursors.entries()) {
        const later = await attach(cursor);
        await later.untilType('stream-end');
        expect(dataOf(later)).toEqual(tokens.slice(index + 1));
      }
    });

    it('G1 "no stop": it stops when told to, at the producer and on every stream', async () => {
      model.say(id, 'one');
      const clients = [await post(), await attach()];
      for (const client of clients) await client.untilEvents(1);
      expect(await runs.stop(id)).toBe(true);
      for (const client of clients) await client.untilType('stream-end');
      expect(signals.get(id)!.aborted).toBe(true);
      expect(model.aborted).toContain(id);
    });
  },
);
