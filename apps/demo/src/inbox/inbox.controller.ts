import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  NotFoundException,
  Post,
  UseGuards,
} from '@nestjs/common';
import {
  EventBusService,
  Principal,
  SseAuthGuard,
  SseConn,
  SseConnections,
  SseStream,
  type SseConnection,
} from 'nestjs-event-stream';
import { OpenStreams } from '../connections/open-streams.service.js';
import type { DemoPrincipal } from '../session/session.authenticator.js';
import { isUser } from '../session/users.js';
import { Inbox } from './inbox.service.js';

@Controller('api/inbox')
@UseGuards(SseAuthGuard)
export class InboxController {
  constructor(
    private readonly bus: EventBusService,
    private readonly inbox: Inbox,
    private readonly connections: SseConnections,
    private readonly streams: OpenStreams,
  ) {}

  /** Every opening starts from a snapshot: a count needs no history. */
  @SseStream('stream')
  watch(
    @Principal() { id }: DemoPrincipal,
    @SseConn() connection: SseConnection,
  ) {
    return this.bus.stream(`inbox.${id}`, {
      replay: false,
      snapshot: () => ({
        type: 'inbox.snapshot',
        data: { count: this.inbox.unread(id), connection: connection.id },
      }),
    });
  }

  @Post()
  async send(@Body() body: { to?: unknown } | undefined) {
    const to = body?.to;
    if (!isUser(to)) throw new BadRequestException('There is no such user.');
    await this.inbox.add(to);
    return {};
  }

  @Post('read')
  @HttpCode(204)
  async read(@Principal() { id }: DemoPrincipal): Promise<void> {
    await this.inbox.clear(id);
  }

  /** For `navigator.sendBeacon()` of a page that goes away: ends a stream, if it is one of this session. */
  @Post('close')
  @HttpCode(204)
  async close(
    @Principal() { id, session }: DemoPrincipal,
    @Body() body: { connection?: unknown } | undefined,
  ): Promise<void> {
    const match = { connection: String(body?.connection), principal: id };
    const [connection] = await this.connections.list(match);
    const owner = connection?.principal as DemoPrincipal | undefined;
    // Of a stream on another node it is known whose it is, and not of which session.
    const isOwn =
      owner === undefined
        ? (await this.streams.count(match)) > 0
        : owner.session === session;
    if (!isOwn)
      throw new NotFoundException('No such stream of this session is open.');
    await this.connections.disconnect(match, { reason: 'The page was closed' });
  }
}
