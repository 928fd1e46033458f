import {
  BadRequestException,
  Body,
  Controller,
  Header,
  HttpCode,
  Post,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { SseException } from '../../base/exception.js';
import type { SsePrincipal } from '../../event/principal.js';
import { Principal } from '../../route/parameters.decorator.js';
import { toHttpError } from '../../route/http-error.js';
import { SseAuthGuard } from '../sse-auth.guard.js';
import { SseTicketService, type SseTicket } from './sse-ticket.service.js';

/** Where the controller of tickets stands, and who guards it. */
export interface TicketControllerOptions {
  /**
   * Where tickets are issued.
   * @default 'sse/tickets'
   */
  readonly path?: string | undefined;
  /**
   * Who may have them.
   * @default [SseAuthGuard]
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
}

/**
 * A controller that issues tickets: `POST { "path": "/orders/events" }` gives `{ ticket, expiresAt }` to
 * whoever the guard lets in. Put what it gives into the `controllers` of a module.
 *
 * @example \@Module({ controllers: [createTicketController({ path: 'tickets' })] })
 */
export function createTicketController({
  path = 'sse/tickets',
  guards = [SseAuthGuard],
}: TicketControllerOptions = {}): Type {
  @Controller(path)
  @UseGuards(...guards)
  class SseTicketController {
    constructor(private readonly tickets: SseTicketService) {}

    @Post()
    @HttpCode(201)
    @Header('cache-control', 'no-store')
    async issue(
      @Principal() principal: SsePrincipal,
      @Body('path') stream: unknown,
    ): Promise<SseTicket> {
      try {
        return await this.tickets.issue(principal, { path: stream as string });
      } catch (error) {
        if (!(error instanceof SseException)) throw error;
        if (error.code === 'TOO_MANY_TICKETS') throw toHttpError(error);
        throw new BadRequestException(
          { code: error.code, message: error.message },
          { cause: error },
        );
      }
    }
  }
  return SseTicketController;
}
