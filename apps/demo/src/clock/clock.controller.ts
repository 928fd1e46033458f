import { Controller } from '@nestjs/common';
import { type SseMessage, SseStream } from 'nestjs-event-stream';
import { map, type Observable, timer } from 'rxjs';

const RETRY_MS = 10_000;

@Controller('api/clock')
export class ClockController {
  @SseStream('stream', { retry: { minMs: RETRY_MS, maxMs: RETRY_MS } })
  tell(): Observable<SseMessage> {
    return timer(0, 1000).pipe(
      map((second) => ({
        type: 'connecttime',
        data: { now: new Date().toISOString(), second },
      })),
    );
  }
}
