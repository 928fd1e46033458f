import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Injectable,
  NotFoundException,
  Post,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import {
  principalOf,
  SseAuthGuard,
  SseConnections,
  SseStream,
  type SseMessage,
} from 'nestjs-event-stream';
import { map, switchMap, timer, type Observable } from 'rxjs';
import { OpenStreams } from '../connections/open-streams.service.js';

/** Lets in only the demo's admin. */
@Injectable()
export class AdminGuard extends SseAuthGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    if (principalOf(context)?.id === 'admin') return true;
    throw new ForbiddenException('This is for the admin.');
  }
}

@Controller('api/admin/connections')
@UseGuards(AdminGuard)
export class AdminController {
  constructor(
    private readonly connections: SseConnections,
    private readonly streams: OpenStreams,
  ) {}

  /** A slow page needs the latest list only. */
  @SseStream('stream', { slowConsumer: { policy: 'latest' } })
  watch(): Observable<SseMessage> {
    return timer(0, 1_000).pipe(
      switchMap(() => this.list()),
      map((connections) => ({ type: 'connections', data: connections })),
    );
  }

  @Get()
  list() {
    return this.streams.list();
  }

  @Post('disconnect')
  @HttpCode(204)
  async disconnect(
    @Body() body: { connection?: unknown } | undefined,
  ): Promise<void> {
    const match = { connection: String(body?.connection) };
    if ((await this.streams.count(match)) === 0)
      throw new NotFoundException('That stream is not open.');
    const options = { reason: 'Ended by the admin', terminal: true };
    await this.connections.disconnect(match, options);
  }
}
