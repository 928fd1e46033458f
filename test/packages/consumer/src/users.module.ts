import { Controller, Injectable, Module, Post } from '@nestjs/common';
import { ClsModule, ClsService, type ClsStore } from 'nestjs-cls';
import {
  EventBusService,
  SseModule,
  SseStream,
  type SseMessage,
} from 'nestjs-event-stream';
import { map, share, type Observable } from 'rxjs';

interface UserStore extends ClsStore {
  user: string;
}

@Injectable()
class CurrentUser {
  constructor(private readonly cls: ClsService<UserStore>) {}

  get name(): string {
    return this.cls.get('user') ?? 'nobody';
  }
}

/** Opened once, before there is any request, for everybody. */
@Injectable()
class SharedNews {
  readonly stream: Observable<SseMessage>;

  constructor(bus: EventBusService, user: CurrentUser) {
    this.stream = bus.stream('news').pipe(
      map(({ data }) => ({ data: `${data}: shared ${user.name}` })),
      share(),
    );
  }
}

/** Streams that tell whose context each piece of a user's code runs in. */
@Controller('news')
class NewsController {
  constructor(
    private readonly bus: EventBusService,
    private readonly user: CurrentUser,
    private readonly shared: SharedNews,
  ) {}

  @SseStream('options')
  options(): Observable<SseMessage> {
    return this.#open();
  }

  @SseStream('operators')
  operators(): Observable<SseMessage> {
    return this.#open().pipe(
      map((message) => ({
        data: `${message}, operator ${this.user.name}`,
      })),
    );
  }

  @SseStream('shared')
  watchShared(): Observable<SseMessage> {
    return this.shared.stream;
  }

  @Post()
  async publish(): Promise<void> {
    await this.bus.publish('news', `by ${this.user.name}`);
  }

  #open() {
    let filteredFor = '';
    const user = this.user;
    return this.bus.stream('news', {
      filter: () => {
        filteredFor = user.name;
        return true;
      },
      map: ({ data }) => `${data}: filter ${filteredFor}, map ${user.name}`,
      snapshot: function* () {
        yield `snapshot ${user.name}`;
      },
    });
  }
}

@Module({
  imports: [
    SseModule.forRoot(),
    ClsModule.forRoot({
      middleware: {
        mount: true,
        setup: (cls, request) => cls.set('user', request.headers['x-user']),
      },
    }),
  ],
  controllers: [NewsController],
  providers: [CurrentUser, SharedNews],
})
export class UsersModule {}
