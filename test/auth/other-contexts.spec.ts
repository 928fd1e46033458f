import type { AddressInfo } from 'node:net';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type ClientProxy,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { SseAuthGuard, SseModule } from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

/** Decides on messages by itself, as the guide says. */
@Injectable()
class HttpAndMessagesGuard extends SseAuthGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() === 'rpc')
      return context.switchToRpc().getData<string>() === 'known';
    return super.canActivate(context);
  }
}

@Controller()
class MixedController {
  @Get('http')
  http() {
    return { served: true };
  }

  @MessagePattern('message')
  message(data: string) {
    return `served ${data}`;
  }
}

const moduleWith = (guard: typeof SseAuthGuard) => {
  @Module({
    imports: [
      SseModule.forRoot({ auth: { authenticator: TestAuthenticator } }),
    ],
    controllers: [MixedController],
    providers: [TestAuthenticator, { provide: APP_GUARD, useClass: guard }],
  })
  class MixedModule {}
  return MixedModule;
};

describe.each(PLATFORMS)(
  'a guard of the whole application beside a microservice, on %s',
  (platform) => {
    let application: TestApplication;
    let client: ClientProxy | undefined;
    const log = new LogCollector();

    const start = async (guard: typeof SseAuthGuard): Promise<void> => {
      let server: { address(): AddressInfo } | undefined;
      application = await startApplication(platform, moduleWith(guard), {
        configure: async (app) => {
          app.useLogger(log);
          const microservice = app.connectMicroservice(
            {
              transport: Transport.TCP,
              options: { host: '127.0.0.1', port: 0 },
            },
            { inheritAppConfig: true },
          );
          await app.startAllMicroservices();
          server = microservice.unwrap();
        },
      });
      const { port } = server!.address();
      client = ClientProxyFactory.create({
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port },
      });
    };
    const send = (data: string) =>
      firstValueFrom(client!.send<string>('message', data));

    afterEach(async () => {
      await client?.close();
      await application.close();
    });

    it('A1 refuses its messages clearly, and says once what to do', async () => {
      await start(SseAuthGuard);
      for (const data of ['one', 'two'])
        await expect(send(data)).rejects.toMatchObject({
          message: 'Forbidden resource',
        });
      expect(
        log.text.match(/refuses a message of type "rpc"/g)?.length ?? 0,
      ).toBeLessThanOrEqual(1);
      expect(log.text).not.toContain('NO_STREAM_CONTEXT');
      const headers = application.app.get(TestAuthenticator).admit('ann');
      expect((await application.open('/http', { headers })).status).toBe(200);
      expect((await application.open('/http')).status).toBe(401);
    });

    it('A1 lets a guard that extends it decide on messages', async () => {
      await start(HttpAndMessagesGuard);
      expect(await send('known')).toBe('served known');
      await expect(send('unknown')).rejects.toMatchObject({
        message: 'Forbidden resource',
      });
      expect((await application.open('/http')).status).toBe(401);
    });
  },
);
