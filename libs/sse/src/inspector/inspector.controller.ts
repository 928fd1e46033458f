import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Post,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { concatMap, map, timer } from 'rxjs';
import { SseStream } from '../route/sse-stream.decorator.js';
import { InspectorState } from './inspector-state.js';
import { PAGE, PAGE_POLICY } from './page/page.js';

/** How often the page is told the state, in milliseconds. */
const INTERVAL_MS = 1_000;

/** The controller of an inspector, behind these guards. */
export function inspectorController(
  path: string,
  guards: readonly Type<CanActivate>[],
): Type {
  @Controller(path)
  @UseGuards(...guards)
  class SseInspector {
    constructor(
      @Inject(InspectorState) private readonly state: InspectorState,
    ) {}

    @Get()
    @Header('Content-Type', 'text/html; charset=utf-8')
    @Header('Content-Security-Policy', PAGE_POLICY)
    @Header('Cache-Control', 'no-store')
    @Header('X-Content-Type-Options', 'nosniff')
    @Header('Referrer-Policy', 'no-referrer')
    page(): string {
      return PAGE;
    }

    /** A slow page needs the latest state only. */
    @SseStream('stream', { slowConsumer: { policy: 'latest' } })
    watch() {
      return timer(0, INTERVAL_MS).pipe(
        concatMap(() => this.state.read()),
        map((data) => ({
          type: 'state',
          data: data as Record<string, unknown>,
        })),
      );
    }

    // No form and no page of another origin can set that header without being asked for leave.
    @Post('disconnect')
    @HttpCode(204)
    async disconnect(
      @Headers('x-sse-inspector') mark: string | undefined,
      @Body() body: { connection?: unknown; terminal?: unknown } | undefined,
    ): Promise<void> {
      if (mark === undefined)
        throw new ForbiddenException('Only the page of the inspector may ask.');
      const { connection, terminal } = body ?? {};
      if (typeof connection !== 'string' || connection === '')
        throw new BadRequestException('connection must be the id of a stream.');
      await this.state.disconnect(connection, terminal === true);
    }
  }
  return SseInspector;
}
