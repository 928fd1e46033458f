import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Body,
  Controller,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  ValidationPipe,
} from '@nestjs/common';
import { SseStream, type SseMessage } from 'nestjs-event-stream';
import { StreamRuns } from 'nestjs-event-stream/runs';
import { PromptDto } from './prompt.dto.js';
import { wordsAbout } from './text-generator.js';

/** Between two words, in milliseconds: about as fast as a model speaks. */
const WORD_PAUSE_MS = 90;

/** Whoever knows an answer's id may watch and stop it: the demo has no accounts for its visitors. */
const SHARED = { isShared: true } as const;

@Controller('api/assistant')
export class AssistantController {
  constructor(private readonly runs: StreamRuns) {}

  /** Starts an answer. It is produced from here on, whether anybody listens or not. */
  @Post()
  async ask(
    @Body(new ValidationPipe({ transform: true })) { prompt }: PromptDto,
  ) {
    const id = randomUUID();
    await this.runs.start(id, ({ signal }) => answer(prompt, signal), SHARED);
    return { id };
  }

  /** The whole answer for a new reader, the rest of it for one that comes back. */
  @SseStream(':id/stream')
  watch(@Param('id', ParseUUIDPipe) id: string) {
    return this.runs.attach(id, SHARED);
  }

  @Post(':id/stop')
  @HttpCode(204)
  async stop(@Param('id', ParseUUIDPipe) id: string) {
    await this.runs.stop(id, SHARED);
  }
}

async function* answer(
  prompt: string,
  signal: AbortSignal,
): AsyncGenerator<SseMessage> {
  for (const word of wordsAbout(prompt)) {
    await pause(WORD_PAUSE_MS, undefined, { signal });
    yield { type: 'token', data: word };
  }
}
