import type { StreamChunk } from '@tanstack/ai';
import { fetchServerSentEvents } from '@tanstack/ai-client';
import type { Server } from 'node:http';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { until } from '../support/until.js';
import { ModelClientsModule } from './model-clients.js';

describe.each(PLATFORMS)(
  "TanStack AI's connection (ai-client 0.33) on %s",
  (platform) => {
    let application: TestApplication;
    let model: ScriptedModel;
    let count = 0;
    let runId: string;
    /** The requests of the client: method and cursor. */
    let requests: [string, string | null][];

    beforeAll(async () => {
      application = await startApplication(platform, ModelClientsModule);
      model = application.app.get(ScriptedModel);
    });

    beforeEach(() => {
      runId = `${platform}-tanstack-${count++}`;
      requests = [];
    });

    const connection = () =>
      fetchServerSentEvents(`${application.url}/tanstack`, {
        fetchClient: (url, init) => {
          const cursor = new Headers(init?.headers).get('last-event-id');
          requests.push([init?.method ?? 'GET', cursor]);
          return fetch(url, init);
        },
        reconnect: { baseDelayMs: 1 } as never,
      });

    function collect(chunks: AsyncIterable<StreamChunk>) {
      const answer = {
        text: '',
        types: [] as string[],
        isOver: false,
        error: undefined as unknown,
      };
      const read = async (): Promise<void> => {
        for await (const chunk of chunks) {
          answer.types.push(chunk.type);
          if (chunk.type === 'TEXT_MESSAGE_CONTENT') answer.text += chunk.delta;
        }
      };
      read()
        .catch((error: unknown) => (answer.error = error))
        .finally(() => (answer.isOver = true));
      return answer;
    }

    const ask = () =>
      collect(
        connection().connect([], undefined, undefined, {
          threadId: 'thread',
          runId,
        } as never),
      );

    it('W1 reads a whole answer', async () => {
      model.say(runId, 'Hel', 'lo');
      model.finish(runId);
      const answer = ask();
      await until(() => answer.isOver);
      expect(answer).toMatchObject({ text: 'Hello', error: undefined });
      expect(answer.types).toEqual([
        'RUN_STARTED',
        'TEXT_MESSAGE_START',
        'TEXT_MESSAGE_CONTENT',
        'TEXT_MESSAGE_CONTENT',
        'TEXT_MESSAGE_END',
        'RUN_FINISHED',
      ]);
      expect(requests).toHaveLength(1);
    });

    it('G2 resumes by id when the connection is cut in the middle, and repeats nothing', async () => {
      model.say(runId, 'one ');
      const answer = ask();
      await until(() => answer.text === 'one ');
      (application.app.getHttpServer() as Server).closeAllConnections();
      model.say(runId, 'two');
      model.finish(runId);
      await until(() => answer.isOver);
      expect(answer).toMatchObject({ text: 'one two', error: undefined });
      expect(requests.map(([, cursor]) => cursor !== null)).toEqual([
        false,
        true,
      ]);
      expect(model.asked.filter((id) => id === runId)).toHaveLength(1);
    });

    it('G2 joins a run from its start, on a page that was loaded anew', async () => {
      model.say(runId, 'one ');
      const first = ask();
      await until(() => first.text === 'one ');
      const joined = collect(connection().joinRun!(runId));
      await until(() => joined.text === 'one ');
      model.say(runId, 'two');
      model.finish(runId);
      await until(() => joined.isOver && first.isOver);
      expect(joined.text).toBe('one two');
      expect(requests.at(-1)).toEqual(['GET', null]);
    });

    it('G3 W4 ends with RUN_ERROR when the run fails, without internals', async () => {
      model.say(runId, 'one');
      const answer = ask();
      await until(() => answer.text === 'one');
      model.finish(runId, new Error('password=secret'));
      await until(() => answer.isOver);
      expect(answer.error).toBeUndefined();
      expect(answer.types.at(-1)).toBe('RUN_ERROR');
      expect(requests).toHaveLength(1);
    });
  },
);
