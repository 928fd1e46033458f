import { BadRequestException, Controller, Query } from '@nestjs/common';
import { SseStream, type SseMessage } from 'nestjs-event-stream';
import { interval, map, startWith, type Observable } from 'rxjs';
import { ParmPipe, type ClockParameters } from './parm.pipe.js';

/** `myapp-sse://type/?event=clock&parm=…`: the host of the URL is the first part of the path. */
@Controller('type')
export class EventsController {
  @SseStream()
  watch(
    @Query('event') event: string | undefined,
    @Query('parm', ParmPipe) parameters: ClockParameters,
  ): Observable<SseMessage> {
    if (event !== 'clock')
      throw new BadRequestException('The only event here is "clock"');
    const { everyMs, label = 'main process' } = parameters;
    return interval(everyMs).pipe(
      startWith(0),
      map(() => ({
        type: 'clock',
        data: { label, at: new Date().toISOString() },
      })),
    );
  }
}
