import {
  CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Module,
  UseGuards,
} from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseModule,
  SseStream,
  type SseModuleOptions,
} from 'nestjs-event-stream';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../platforms.js';

class NobodyGuard implements CanActivate {
  canActivate(): never {
    throw new ForbiddenException('Not yours.');
  }
}

@Controller()
class CompatibilityController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  prices() {
    return this.bus.stream('prices');
  }

  @SseStream('finite')
  finite() {
    return [1, 2, 3].map((data) => ({ type: 'price', data }));
  }

  @UseGuards(NobodyGuard)
  @SseStream('forbidden')
  forbidden() {
    return this.bus.stream('prices');
  }

  /** From a real address: Chromium lets a page from nowhere not ask other origins of this machine. */
  @Get('page')
  @Header('content-type', 'text/html')
  page() {
    return '<!doctype html><title>Prices</title>';
  }
}

/** One answered request for a stream. */
export interface Answered {
  readonly path: string;
  readonly status: number;
  readonly cookie: string | undefined;
}

/** Our server as all other clients meet it. */
export class CompatibilityServer {
  /** The requests for streams, in the order in which they were answered. */
  readonly answered: Answered[] = [];

  private constructor(private readonly application: TestApplication) {}

  static async start(
    platform: PlatformName,
    options: SseModuleOptions = {},
  ): Promise<CompatibilityServer> {
    @Module({
      imports: [
        SseModule.forRoot({ retry: { minMs: 50, maxMs: 80 }, ...options }),
      ],
      controllers: [CompatibilityController],
    })
    class AppModule {}
    let server: CompatibilityServer | undefined;
    const application = await startApplication(platform, AppModule, {
      configure: (app) => {
        app.enableCors({ origin: true, credentials: true });
        (app.getHttpServer() as Server).on(
          'request',
          (request: IncomingMessage, response: ServerResponse) => {
            const { pathname } = new URL(request.url!, 'http://host');
            response.on('close', () =>
              server?.answered.push({
                path: pathname,
                status: response.statusCode,
                cookie: request.headers.cookie,
              }),
            );
          },
        );
      },
    });
    server = new CompatibilityServer(application);
    return server;
  }

  get url(): string {
    return this.application.url;
  }

  /** How often a path was answered with a status, and the response is over. */
  count(path: string, status: number): number {
    return this.answered.filter(
      (answer) => answer.path === path && answer.status === status,
    ).length;
  }

  async publish(...prices: number[]): Promise<void> {
    await this.application.app.get(EventBusService).publishMany(
      prices.map((data) => ({
        topic: 'prices',
        event: { type: 'price', data },
      })),
    );
  }

  /** Ends all responses as it should be, with streams that are not complete: as a lifetime's limit does. */
  async endAll(): Promise<void> {
    await this.application.app
      .get(SseConnections)
      .disconnect({ topic: 'prices' });
  }

  /** Cuts all connections, as a network does. */
  cut(): void {
    (this.application.app.getHttpServer() as Server).closeAllConnections();
  }

  async close(): Promise<void> {
    await this.application.close();
  }
}
