import 'reflect-metadata';
import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import type { Payload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { createApplication, type Platform } from './nest-application.js';

const events = new Subject<MessageEvent>();

@Controller()
class EventsController {
  @Sse('events')
  watch(): Observable<MessageEvent> {
    return events;
  }
}

@Module({ controllers: [EventsController] })
class AppModule {}

/** Nest's own decorator over a Subject, as its documentation shows. */
export async function start(options: {
  platform: Platform;
}): Promise<Contestant> {
  const { port } = await createApplication(options.platform, AppModule);
  return {
    port,
    path: '/events',
    readyWhen: RESPONSE_STARTED,
    publish: (payload: Payload) => events.next({ data: payload }),
  };
}
