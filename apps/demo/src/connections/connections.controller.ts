import {
  Body,
  Controller,
  HttpCode,
  NotFoundException,
  Post,
} from '@nestjs/common';
import { PageCutter } from './page-cutter.service.js';

@Controller('api/connections')
export class ConnectionsController {
  constructor(private readonly pages: PageCutter) {}

  /** The id is in the body and not in the path, because paths are in the log that every page shows. */
  @Post('cut')
  @HttpCode(204)
  async cut(@Body() body: { page?: unknown } | undefined): Promise<void> {
    if (!(await this.pages.cut(String(body?.page)))) {
      throw new NotFoundException('No stream of that page is open.');
    }
  }
}
