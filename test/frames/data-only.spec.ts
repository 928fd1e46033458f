import {
  Body,
  Controller,
  HttpException,
  Module,
  Post,
  RequestMethod,
  ValidationPipe,
} from '@nestjs/common';
import { IsString, MinLength } from 'class-validator';
import {
  aiSdkStream,
  aiSdkText,
  EventBusService,
  openAiStream,
  SseModule,
  SseStream,
  SseStream as Stream,
  type SseStreamOptions,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

class PromptDto {
  @IsString()
  @MinLength(3)
  prompt!: string;
}

const POST = { method: RequestMethod.POST, frames: 'data-only' } as const;
const abandoned: string[] = [];

@Controller()
class ChatController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('plain', { frames: 'data-only' })
  plain() {
    return this.bus.stream('chat', {
      snapshot: () => ({ data: { n: 0 } }),
    });
  }

  @SseStream('ai', { ...POST, dialect: aiSdkStream() })
  ai(@Body(new ValidationPipe()) { prompt }: PromptDto) {
    return aiSdkText(prompt.split(' '), 'answer-1');
  }

  @SseStream('openai', { ...POST, dialect: openAiStream() })
  async *openai() {
    yield { choices: [{ delta: { content: 'Hel' } }] };
    yield { choices: [{ delta: { content: 'lo' } }] };
  }

  @SseStream('fails', { ...POST, dialect: openAiStream() })
  async *fails() {
    yield { choices: [] };
    throw new HttpException('The model is busy', 429);
  }

  @SseStream('ai-fails', { ...POST, dialect: aiSdkStream() })
  async *aiFails() {
    yield { type: 'start' };
    throw new Error('password=secret');
  }

  @Stream('endless', POST)
  async *endless() {
    try {
      for (let n = 0; ; n++) {
        yield { type: 'data-count', id: 'count', data: n };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      abandoned.push('endless');
    }
  }

  @Post('other')
  other() {
    return {};
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [ChatController] })
class AppModule {}

describe.each(PLATFORMS)('data-only streams on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  async function answerTo(path: string, body: object = {}) {
    const response = await fetch(application.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { response, text: await response.text() };
  }

  const dataIn = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice(6));

  it('W1 has no names, and nothing with data but what was emitted', async () => {
    const client = await application.open('/plain');
    await client.until(({ raw }) => /\nid: [\w-]+\.\d+\n\n/.test(raw));
    const bus = application.app.get(EventBusService);
    await bus.publish('chat', { type: 'chunk', data: { n: 1 } });
    await client.until(({ raw }) => raw.includes('{"n":1}'));
    await bus.end('chat');
    await client.untilClosed();

    expect(client.raw).not.toContain('event:');
    expect(dataIn(client.raw)).toEqual(['{"n":0}', '{"n":1}']);
    expect(client.raw).toMatch(
      /^: stream-open \{"heartbeatMs":15000\}\nretry: \d+\n\ndata: \{"n":0\}\n\nid: \S+\n\nid: \S+\ndata: \{"n":1\}\n\nid: \S+\n\n$/,
    );
  });

  it('R2 resumes from the cursor that stood alone, and says of a reset only a comment', async () => {
    const client = await application.open('/plain');
    await client.until(({ raw }) => /\nid: [\w-]+\.\d+\n\n/.test(raw));
    const cursor = /\nid: ([\w-]+\.\d+)\n\n/.exec(client.raw)![1]!;
    client.close();
    const bus = application.app.get(EventBusService);
    await bus.publish('chat', { n: 2 });
    const again = await application.open('/plain', {
      headers: { 'last-event-id': cursor },
    });
    await again.until(({ raw }) => raw.includes('{"n":2}'));
    expect(dataIn(again.raw)).toEqual(['{"n":2}']);
    const lost = await application.open('/plain', {
      headers: { 'last-event-id': 'other.1' },
    });
    await lost.until(({ raw }) => raw.includes('{"n":0}'));
    expect(lost.raw).toContain(': stream-reset {"reason":"epoch"}\n\n');
    expect(lost.raw).not.toContain('event:');
  });

  it('W1 gives the AI SDK its header, its chunks and [DONE]', async () => {
    const { response, text } = await answerTo('/ai', { prompt: 'hello there' });
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(dataIn(text)).toEqual([
      '{"type":"start","messageId":"answer-1"}',
      '{"type":"text-start","id":"text"}',
      '{"type":"text-delta","id":"text","delta":"hello"}',
      '{"type":"text-delta","id":"text","delta":"there"}',
      '{"type":"text-end","id":"text"}',
      '{"type":"finish"}',
      '[DONE]',
    ]);
  });

  it('W3 refuses a POST whose body is not valid with 400, before the first byte', async () => {
    const { response, text } = await answerTo('/ai', { prompt: 'x' });
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      message: ['prompt must be longer than or equal to 3 characters'],
    });
  });

  it('W1 gives openai clients their chunks and [DONE]', async () => {
    const { text } = await answerTo('/openai');
    expect(dataIn(text)).toEqual([
      '{"choices":[{"delta":{"content":"Hel"}}]}',
      '{"choices":[{"delta":{"content":"lo"}}]}',
      '[DONE]',
    ]);
  });

  it('W4 says by the dialect that a stream failed, without internals', async () => {
    const openai = await answerTo('/fails');
    expect(JSON.parse(dataIn(openai.text).at(-1)!)).toEqual({
      error: {
        message: 'The model is busy',
        type: 'server_error',
        param: null,
        code: 'TOO_MANY_REQUESTS',
      },
    });
    const ai = await answerTo('/ai-fails');
    expect(dataIn(ai.text).slice(1)).toEqual([
      '{"type":"error","errorText":"The stream failed on the server."}',
      '[DONE]',
    ]);
    expect(ai.text).not.toContain('secret');
  });

  it('C2 cancels the source when the client leaves, and keeps chunks that look like messages whole', async () => {
    abandoned.length = 0;
    const client = await application.open('/endless', { method: 'POST' });
    await client.until(({ raw }) => dataIn(raw).length > 2);
    expect(dataIn(client.raw)[0]).toBe(
      '{"type":"data-count","id":"count","data":0}',
    );
    client.close();
    await until(() => abandoned.length === 1);
  });

  it.each<[SseStreamOptions, RegExp]>([
    [{ frames: 'json' } as never, /frames must be/],
    [{ frames: 'data-only', dialect: 'openai' } as never, /dialect/],
    [{ frames: 'data-only', dialect: {} } as never, /failed/],
  ])('refuses options %j when the class is defined', (options, message) => {
    expect(() => SseStream('x', options)).toThrow(message);
  });
});
