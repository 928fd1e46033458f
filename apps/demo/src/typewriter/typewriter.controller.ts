import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Inject, UseInterceptors } from '@nestjs/common';
import {
  EventIdInterceptor,
  LastEventId,
  type SseMessage,
  SseStream,
} from 'nestjs-event-stream';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { demoFolder } from '../demo-folder.js';

const FILE = join(demoFolder, 'assets', 'the-lamp-room.txt');

@Controller('api/typewriter')
export class TypewriterController {
  constructor(@Inject(DEMO_CONFIG) private readonly config: DemoConfig) {}

  /** The interceptor counts the events, so a reader who was cut off says with the last id where to go on. */
  @SseStream('stream')
  @UseInterceptors(EventIdInterceptor)
  async *type(@LastEventId() lastEventId?: string): AsyncGenerator<SseMessage> {
    const text = await readFile(FILE, 'utf8');
    const typed = Number(lastEventId ?? 0) || 0;
    for (const character of [...text].slice(typed)) {
      yield { type: 'message_name', data: character };
      await pause(this.config.typingPauseMs);
    }
  }
}
