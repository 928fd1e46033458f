import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  UseGuards,
  type DynamicModule,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import {
  createTicketController,
  EventBusService,
  pattern,
  Principal,
  SseAuthGuard,
  SseModule,
  SseStream,
  type SseModuleOptions,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { RequestMethod } from '@nestjs/common';
import { TestAuthenticator } from './auth.js';

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('users/:id/events')
  @UseGuards(SseAuthGuard)
  user(@Param('id') id: string) {
    return this.bus.stream(`users.${id}`);
  }

  @SseStream('users/:id/all')
  @UseGuards(SseAuthGuard)
  all(@Param('id') id: string) {
    return this.bus.stream(pattern(`users.${id}.>`));
  }

  @SseStream('everybody')
  @UseGuards(SseAuthGuard)
  everybody() {
    return this.bus.stream(pattern('users.>'));
  }

  @SseStream('beside')
  @UseGuards(SseAuthGuard)
  beside() {
    return this.bus.stream(pattern('users.*'), { live: true });
  }

  @SseStream('own', { method: RequestMethod.POST })
  @UseGuards(SseAuthGuard)
  own(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }

  /** Takes longer than its principal has. */
  @SseStream('slow')
  @UseGuards(SseAuthGuard)
  async slow(@Principal() { id, expiresAt = 0 }: SsePrincipal) {
    while (Date.now() < expiresAt) await turn();
    return this.bus.stream(`users.${id}`);
  }

  @SseStream('public')
  open() {
    return new Observable((subscriber) => subscriber.next('hello'));
  }

  @SseStream('failing')
  @UseGuards(SseAuthGuard)
  failing(): Observable<unknown> {
    throw new Error('The handler fails.');
  }

  @Get('me')
  @UseGuards(SseAuthGuard)
  me(@Principal() principal: SsePrincipal) {
    return { id: principal.id };
  }

  @Post('echo')
  echo() {
    return {};
  }
}

@Injectable()
class SecondGuard extends SseAuthGuard {}

@Controller('guarded')
@UseGuards(SseAuthGuard)
class TwiceGuardedController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('twice')
  @UseGuards(SecondGuard)
  twice(@Principal() { id }: SsePrincipal) {
    return this.bus.stream(`users.${id}`);
  }
}

@Module({})
class AuthAppModule {}

/** An application with guarded streams, and a `TestAuthenticator` behind them. */
export function authApp(options: SseModuleOptions = {}): DynamicModule {
  return {
    module: AuthAppModule,
    imports: [
      SseModule.forRoot({
        ...options,
        auth: { authenticator: TestAuthenticator, ...options.auth },
      }),
    ],
    controllers: [
      StreamsController,
      TwiceGuardedController,
      createTicketController({ path: 'tickets' }),
    ],
    providers: [TestAuthenticator],
  };
}
