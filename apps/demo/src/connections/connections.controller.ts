import {
  Body,
  Controller,
  HttpCode,
  NotFoundException,
  Post,
} from '@nestjs/common';
import { PageSockets } from './page-sockets.service.js';

@Controller('api/connections')
export class ConnectionsController {
  constructor(private readonly sockets: PageSockets) {}

  /** The id is in the body and not in the path, because paths are in the log that every page shows. */
  @Post('cut')
  @HttpCode(204)
  cut(@Body() body: { page?: unknown } | undefined): void {
    if (!this.sockets.cut(String(body?.page))) {
      throw new NotFoundException('No stream of that page is open.');
    }
  }
}
