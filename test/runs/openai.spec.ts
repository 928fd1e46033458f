import type { Server } from 'node:http';
import OpenAI from 'openai';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { until } from '../support/until.js';
import { ModelClientsModule } from './model-clients.js';

describe.each(PLATFORMS)('the openai client (openai 6) on %s', (platform) => {
  let application: TestApplication;
  let scripted: ScriptedModel;
  let openai: OpenAI;
  let count = 0;
  let model: string;

  beforeAll(async () => {
    application = await startApplication(platform, ModelClientsModule);
    scripted = application.app.get(ScriptedModel);
    const baseURL = `${application.url}/v1`;
    openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
  });

  beforeEach(() => {
    model = `${platform}-openai-${count++}`;
  });

  /** The text so far, and how the stream ended. */
  function ask() {
    const answer = { text: '', error: undefined as unknown, isOver: false };
    const read = async (): Promise<void> => {
      const stream = await openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Hello?' }],
        stream: true,
      });
      for await (const { choices } of stream)
        answer.text += choices[0]!.delta.content ?? '';
    };
    read()
      .catch((error: unknown) => (answer.error = error))
      .finally(() => (answer.isOver = true));
    return answer;
  }

  it('W1 reads a whole answer up to [DONE]', async () => {
    scripted.say(model, 'Hel', 'lo');
    scripted.finish(model);
    const answer = ask();
    await until(() => answer.isOver);
    expect(answer).toMatchObject({ text: 'Hello', error: undefined });
  });

  it('W4 throws what the error object says in the middle of an answer', async () => {
    scripted.say(model, 'Hel');
    const answer = ask();
    await until(() => answer.text === 'Hel');
    scripted.finish(model, new Error('password=secret'));
    await until(() => answer.isOver);
    expect(answer.error).toBeInstanceOf(OpenAI.APIError);
    expect(String(answer.error)).toContain('The run failed on the server.');
    expect((answer.error as { code?: string }).code).toBe('RUN_FAILED');
  });

  it('G1 G2 gets all of an answer by asking again after a cut, and asks the model once', async () => {
    scripted.say(model, 'one ');
    const first = ask();
    await until(() => first.text === 'one ');
    (application.app.getHttpServer() as Server).closeAllConnections();
    await until(() => first.isOver);
    scripted.say(model, 'two');
    const second = ask();
    await until(() => second.text === 'one two');
    scripted.finish(model);
    await until(() => second.isOver);
    expect(second.error).toBeUndefined();
    expect(scripted.asked.filter((id) => id === model)).toHaveLength(1);
  });

  it('W3 is refused with 400 before the first chunk', async () => {
    const refused = openai.chat.completions.create({
      model,
      messages: 'none' as never,
      stream: true,
    });
    await expect(refused).rejects.toMatchObject({ status: 400 });
  });
});
