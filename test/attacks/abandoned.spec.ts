import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import {
  Controller,
  Injectable,
  Module,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SseAuthGuard, SseStream } from 'nestjs-event-stream';
import { NEVER } from 'rxjs';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import { streamsOf } from '../support/internals.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { RawSocket } from '../support/raw-socket.js';
import { sendUnanswered } from '../support/unanswered-request.js';
import { until } from '../support/until.js';

const PLACES = 6;

/** Is done when the client has gone. */
@Injectable()
class LateGuard implements CanActivate {
  static waiting = 0;
  static done = 0;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const response = context
      .switchToHttp()
      .getResponse<ServerResponse & { raw?: ServerResponse }>();
    LateGuard.waiting++;
    await once(response.raw ?? response, 'close');
    LateGuard.done++;
    return true;
  }
}

@Controller()
class LateController {
  @SseStream('late')
  @UseGuards(LateGuard)
  late() {
    return NEVER;
  }

  @SseStream('late/guarded')
  @UseGuards(LateGuard, SseAuthGuard)
  guarded() {
    return NEVER;
  }
}

@Module({
  imports: [authApp({ limits: { total: PLACES, perIp: PLACES } })],
  controllers: [LateController],
})
class AppModule {}

describe.each(ALL_PLATFORMS)('abandoned requests on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  /** All places are free, and nothing waits for commands any more. */
  const isIdle = async (): Promise<boolean> => {
    const clients = await Promise.all(
      Array.from({ length: PLACES }, () => application.open('/public')),
    );
    for (const client of clients) client.close();
    const { plingeringCount } = streamsOf(application);
    return (
      plingeringCount === 0 && clients.every(({ status }) => status === 200)
    );
  };

  it('C3 gives places back whose client has gone while another guard was at work', async () => {
    const before = LateGuard.done;
    for (const path of ['/late', '/late/guarded']) {
      for (let count = 0; count < PLACES; count++) {
        const { waiting } = LateGuard;
        const cut = sendUnanswered(platform, application.url + path);
        await until(() => LateGuard.waiting > waiting);
        cut();
      }
    }
    await until(() => LateGuard.done === before + 2 * PLACES);
    await until(isIdle);
  });

  // HTTP/2 has no order of responses that one could wait in.
  if (platform === 'fastify-http2') return;

  it('C3 gives places back whose responses still wait behind another one when the client goes', async () => {
    const authenticator = application.app.get(TestAuthenticator);
    const { authorization } = authenticator.admit('ann');
    let authenticated = 0;
    authenticator.beforeAnswer = async () => {
      authenticated++;
    };
    const socket = await RawSocket.connect(application.url);
    for (let count = 0; count < PLACES; count += 3) {
      socket.request('/public');
      socket.request('/users/ann/events');
      socket.request('/users/ann/events', {
        headers: `Authorization: ${authorization}\r\n`,
      });
    }
    await until(() => authenticated === PLACES / 3);
    socket.socket.destroy();
    await until(isIdle);
  });
});
