import {
  Controller,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  configureStream,
  EVENT_ID_OPTIONS,
  EventBusService,
  EventIdInterceptor,
  LastEventId,
  SseStream,
} from 'nestjs-event-stream';
import { from, type Observable } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const VALUES = [
  'a',
  { comment: 'no event', data: undefined },
  { retry: 5 },
  { id: 'own', data: 'b' },
  { data: 'c' },
];

class OwnInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    configureStream(context, {
      eventIds: ({ data }, previous) =>
        `${String(data)}-after-${previous ?? 'none'}`,
    });
    return next.handle();
  }
}

@Controller('bare')
class BareController {
  @SseStream('none')
  none() {
    return from(VALUES);
  }

  @SseStream('class')
  @UseInterceptors(EventIdInterceptor)
  asClass() {
    return from(VALUES);
  }

  @UseInterceptors(
    new EventIdInterceptor({ generate: ({ data }) => `id-${String(data)}` }),
  )
  @SseStream('instance')
  asInstance() {
    return from(VALUES);
  }

  @SseStream('own')
  @UseInterceptors(OwnInterceptor)
  own() {
    return from(VALUES);
  }

  @SseStream('hostile')
  @UseInterceptors(
    new EventIdInterceptor({ generate: () => '1\ndata: injected' }),
  )
  *hostile() {
    yield 'never';
  }

  @SseStream('resumable')
  @UseInterceptors(EventIdInterceptor)
  *resumable(@LastEventId() lastEventId = '0') {
    for (let count = Number(lastEventId) + 1; count <= 3; count++) yield count;
  }
}

@Controller('level')
@UseInterceptors(EventIdInterceptor)
class LevelController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('controller')
  ofController() {
    return from(VALUES);
  }

  @SseStream('bus')
  ofBus() {
    return this.bus.stream('news');
  }
}

function moduleOf(providers: readonly Provider[]) {
  return appOf([BareController, LevelController], {}, [...providers]);
}

describe.each(PLATFORMS)('EventIdInterceptor on %s', (platform) => {
  let application: TestApplication;

  const start = async (...providers: Provider[]): Promise<void> => {
    application = await startApplication(platform, moduleOf(providers));
  };

  const idsOf = async (path: string, lastEventId?: string) => {
    const client = await application.open(path, { lastEventId });
    await client.untilType('stream-end');
    return client.blocks.slice(1, -1).map(({ id }) => id);
  };

  it.each([
    ['/bare/none', [undefined, undefined, undefined, 'own', undefined]],
    // Counts on from 1 after an id that is no number.
    ['/bare/class', ['1', undefined, undefined, 'own', '1']],
    ['/bare/instance', ['id-a', undefined, undefined, 'own', 'id-c']],
    ['/bare/own', ['a-after-none', undefined, undefined, 'own', 'c-after-own']],
    ['/level/controller', ['1', undefined, undefined, 'own', '1']],
  ])('W1 gives ids to events that have none: %s', async (path, expected) => {
    await start();
    expect(await idsOf(path)).toEqual(expected);
  });

  it('W1 takes its options from a token, for the whole application', async () => {
    await start(
      { provide: APP_INTERCEPTOR, useClass: EventIdInterceptor },
      { provide: EVENT_ID_OPTIONS, useValue: { generate: () => 'token' } },
    );
    const expected = ['token', undefined, undefined, 'own', 'token'];
    expect(await idsOf('/bare/none')).toEqual(expected);
  });

  it('W1 counts on from where the client is', async () => {
    await start();
    expect(await idsOf('/bare/resumable')).toEqual(['1', '2', '3']);
    expect(await idsOf('/bare/resumable', '2')).toEqual(['3']);
  });

  it('W1 never lets an id break out of its line', async () => {
    await start();
    const client = await application.open('/bare/hostile');
    await client.untilClosed();
    expect(client.types).toEqual(['stream-open', 'stream-error']);
    expect(client.raw).not.toContain('injected');
  });

  it('R7 leaves the ids of a bus stream alone', async () => {
    await start();
    const bus = application.app.get(EventBusService);
    const client = await application.open('/level/bus');
    await client.untilType('stream-live');
    const { id } = await bus.publish('news', 'a');
    await bus.publish('news', 'b', { transient: true });
    await client.untilEvents(2);
    expect(client.events.map((event) => event.id)).toEqual([id, undefined]);
  });
});
