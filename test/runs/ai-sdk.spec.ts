import { DefaultChatTransport, type UIMessage, type UIMessageChunk } from 'ai';
import type { Server } from 'node:http';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { until } from '../support/until.js';
import { ModelClientsModule } from './model-clients.js';

/** What comes of one stream of the transport, and how it ended. */
class Answer {
  readonly chunks: UIMessageChunk[] = [];
  end: 'open' | 'complete' | 'broken' = 'open';

  constructor(stream: ReadableStream<UIMessageChunk>) {
    void this.#read(stream.getReader());
  }

  get text(): string {
    return this.chunks
      .map((one) => (one.type === 'text-delta' ? one.delta : ''))
      .join('');
  }

  async #read(
    reader: ReadableStreamDefaultReader<UIMessageChunk>,
  ): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        this.chunks.push(value);
      }
      this.end = 'complete';
    } catch {
      this.end = 'broken';
    }
  }
}

describe.each(PLATFORMS)("the AI SDK's transport (ai 7) on %s", (platform) => {
  let application: TestApplication;
  let model: ScriptedModel;
  let transport: DefaultChatTransport<UIMessage>;
  let count = 0;
  let chatId: string;

  beforeAll(async () => {
    application = await startApplication(platform, ModelClientsModule);
    model = application.app.get(ScriptedModel);
    transport = new DefaultChatTransport({
      api: `${application.url}/api/chat`,
    });
  });

  beforeEach(() => {
    chatId = `${platform}-ai-${count++}`;
  });

  async function send(abortSignal?: AbortSignal): Promise<Answer> {
    const parts = [{ type: 'text' as const, text: 'Hello?' }];
    return new Answer(
      await transport.sendMessages({
        trigger: 'submit-message',
        chatId,
        messageId: undefined,
        messages: [{ id: 'question', role: 'user', parts }],
        abortSignal,
      }),
    );
  }

  async function resume(): Promise<Answer | undefined> {
    const stream = await transport.reconnectToStream({ chatId });
    return stream === null ? undefined : new Answer(stream);
  }

  it('W1 reads a whole answer, and nothing that is not of it', async () => {
    const answer = await send();
    model.say(chatId, 'Hel', 'lo');
    await until(() => answer.text === 'Hello');
    model.finish(chatId);
    await until(() => answer.end === 'complete');
    expect(answer.chunks.map(({ type }) => type)).toEqual([
      'start',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'finish',
    ]);
  });

  it('G1 G2 resumes an answer whose page has gone in the middle', async () => {
    const page = new AbortController();
    const before = await send(page.signal);
    model.say(chatId, 'one ');
    await until(() => before.text === 'one ');
    page.abort();
    await until(() => before.end !== 'open');
    model.say(chatId, 'two ');
    const after = (await resume())!;
    await until(() => after.text === 'one two ');
    model.say(chatId, 'three');
    model.finish(chatId);
    await until(() => after.end === 'complete');
    expect(after.text).toBe('one two three');
    expect(model.asked.filter((id) => id === chatId)).toHaveLength(1);
    expect(model.aborted).not.toContain(chatId);
  });

  it('G2 resumes an answer whose connection was cut on the server', async () => {
    const before = await send();
    model.say(chatId, 'one ');
    await until(() => before.text === 'one ');
    (application.app.getHttpServer() as Server).closeAllConnections();
    await until(() => before.end === 'broken');
    const after = (await resume())!;
    model.say(chatId, 'two');
    model.finish(chatId);
    await until(() => after.end === 'complete');
    expect(after.text).toBe('one two');
  });

  it('G2 has nothing to resume where nothing runs: 204', async () => {
    expect(await resume()).toBeUndefined();
    const answer = await send();
    model.finish(chatId);
    await until(() => answer.end === 'complete');
    await until(async () => (await resume()) === undefined);
  });

  it('G1 stops when told to, on the stream and at the model', async () => {
    const answer = await send();
    model.say(chatId, 'one');
    await until(() => answer.text === 'one');
    await fetch(`${application.url}/api/chat/${chatId}/stop`, {
      method: 'POST',
    });
    await until(() => answer.end === 'complete');
    expect(model.aborted).toContain(chatId);
    expect(await resume()).toBeUndefined();
  });

  it('G3 W4 tells of a failure by an error chunk, without internals', async () => {
    const answer = await send();
    model.say(chatId, 'one');
    await until(() => answer.text === 'one');
    model.finish(chatId, new Error('password=secret'));
    await until(() => answer.end === 'complete');
    expect(answer.chunks.at(-1)).toEqual({
      type: 'error',
      errorText: 'The run failed on the server.',
    });
  });

  it("W3 is refused with 400 and the validators' messages before the first chunk", async () => {
    chatId = '';
    await expect(send()).rejects.toThrow(
      'id must be longer than or equal to 1 characters',
    );
  });
});
