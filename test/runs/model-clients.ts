import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
  RequestMethod,
  ValidationPipe,
} from '@nestjs/common';
import { IsArray, IsString, MinLength } from 'class-validator';
import {
  aiSdkStream,
  aiSdkText,
  openAiStream,
  SseModule,
  SseStream,
  tanStackAiStream,
} from 'nestjs-event-stream';
import { StreamRuns, StreamRunsModule } from 'nestjs-event-stream/runs';
import { ScriptedModel } from '../support/scripted-model.js';

class ChatDto {
  @IsString()
  @MinLength(1)
  id!: string;
}

class CompletionDto {
  @IsString()
  model!: string;

  @IsArray()
  messages!: unknown[];
}

const DATA_ONLY = { frames: 'data-only' } as const;
const POST = { ...DATA_ONLY, method: RequestMethod.POST } as const;
const AI_SDK = { dialect: aiSdkStream() };
const TANSTACK = { dialect: tanStackAiStream() };
const validated = new ValidationPipe();

/** What each package's client asks for, answered by runs. */
@Controller()
class ChatController {
  constructor(
    private readonly runs: StreamRuns,
    private readonly model: ScriptedModel,
  ) {}

  @SseStream('api/chat', { ...POST, ...AI_SDK })
  send(@Body(validated) { id }: ChatDto) {
    return this.runs.stream(id, ({ signal }) =>
      aiSdkText(this.model.ask(id, signal), `answer-${id}`),
    );
  }

  @SseStream('api/chat/:id/stream', { ...DATA_ONLY, ...AI_SDK })
  resume(@Param('id') id: string) {
    return this.runs.attach(id, { onlyRunning: true });
  }

  @Post('api/chat/:id/stop')
  @HttpCode(204)
  async stop(@Param('id') id: string) {
    await this.runs.stop(id);
  }

  @SseStream('v1/chat/completions', { ...POST, dialect: openAiStream() })
  complete(@Body(validated) { model: id }: CompletionDto) {
    const { model } = this;
    return this.runs.stream(id, async function* ({ signal }) {
      for await (const content of model.ask(id, signal))
        yield { choices: [{ index: 0, delta: { content } }] };
    });
  }

  @SseStream('tanstack', { ...POST, ...TANSTACK })
  run(@Headers('x-run-id') runId: string) {
    const { model } = this;
    const ids = { threadId: 'thread', runId };
    return this.runs.stream(runId, async function* ({ signal }) {
      const messageId = `answer-${runId}`;
      yield { type: 'RUN_STARTED', ...ids };
      yield { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' };
      for await (const delta of model.ask(runId, signal))
        yield { type: 'TEXT_MESSAGE_CONTENT', messageId, delta };
      yield { type: 'TEXT_MESSAGE_END', messageId };
      yield { type: 'RUN_FINISHED', ...ids };
    });
  }

  @SseStream('tanstack', { ...DATA_ONLY, ...TANSTACK })
  join(@Query('runId') runId: string) {
    return this.runs.attach(runId);
  }

  @Get('status/:id')
  async status(@Param('id') id: string) {
    const state = await this.runs.status(id);
    if (state === undefined) throw new NotFoundException();
    return state;
  }
}

@Module({
  imports: [SseModule.forRoot(), StreamRunsModule.forRoot()],
  controllers: [ChatController],
  providers: [ScriptedModel],
})
export class ModelClientsModule {}
