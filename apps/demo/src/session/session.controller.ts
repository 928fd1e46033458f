import { randomUUID } from 'node:crypto';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Post,
  Res,
  UseGuards,
} from '@nestjs/common';
import { Principal, SseAuthGuard, SseConnections } from 'nestjs-event-stream';
import { OptionalSessionGuard } from './optional-session.guard.js';
import { SessionCookies, setCookie } from './session-cookie.js';
import type { DemoPrincipal } from './session.authenticator.js';
import { SignedOutSessions } from './signed-out-sessions.service.js';
import { isUser, users } from './users.js';

const SESSION_MS = 8 * 3_600_000;

/** What Express's response and Fastify's reply have in common. */
interface Reply {
  header(name: string, value: string): unknown;
}

@Controller('api/session')
export class SessionController {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly signedOut: SignedOutSessions,
    private readonly connections: SseConnections,
  ) {}

  @Get('users')
  users() {
    return users;
  }

  /** Asked by every page: nobody is an answer here, and not a 401 in each visitor's console. */
  @Get()
  @UseGuards(OptionalSessionGuard)
  current(@Principal() principal: DemoPrincipal | undefined) {
    return { user: users.find(({ id }) => id === principal?.id) ?? null };
  }

  /** A real one would ask for a password here. */
  @Post()
  signIn(
    @Body() body: { user?: unknown } | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const user = body?.user;
    if (!isUser(user)) throw new BadRequestException('There is no such user.');
    const expiresAt = Date.now() + SESSION_MS;
    const value = this.cookies.sign({ id: randomUUID(), user, expiresAt });
    reply.header('Set-Cookie', setCookie(value, SESSION_MS / 1000));
    return { user: users.find(({ id }) => id === user) };
  }

  /** Ends the streams of this session in all of its tabs, and of no other session of the user. */
  @Delete()
  @HttpCode(204)
  @UseGuards(SseAuthGuard)
  async signOut(
    @Principal() principal: DemoPrincipal,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<void> {
    reply.header('Set-Cookie', setCookie('', 0));
    // In this order in the log, so that each node knows of the end when it asks for the principals again.
    await this.signedOut.end(principal);
    await this.connections.revalidate({ principal: principal.id });
  }
}
