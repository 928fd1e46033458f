import {
  Controller,
  Get,
  Headers,
  NotFoundException,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { pages } from './pages.js';
import { PublicFiles } from './public-files.service.js';
import { securityHeaders } from './security-headers.js';

/** What Express's response and Fastify's reply have in common. */
interface Reply {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

/** The pages and their files, the same on both platforms. */
@Controller()
export class SiteController {
  constructor(private readonly files: PublicFiles) {}

  @Get([
    ...pages.map(({ path }) => path),
    // Parameters rather than a wildcard, whose syntax differs between the platforms.
    'assets/:folder/:file',
    'assets/:folder/:folder2/:file',
    'source/:file',
    'source/:folder/:file',
  ])
  async file(
    @Req() { url }: { url: string },
    @Res({ passthrough: true }) reply: Reply,
    @Headers('if-none-match') known: string | undefined,
  ): Promise<StreamableFile | undefined> {
    const file = await this.files.read(url.split('?', 1)[0]!);
    if (file === undefined) throw new NotFoundException();
    for (const [name, value] of Object.entries(securityHeaders)) {
      reply.header(name, value);
    }
    reply.header('Cache-Control', 'no-cache');
    reply.header('ETag', file.etag);
    if (known === file.etag) {
      reply.status(304);
      return undefined;
    }
    return new StreamableFile(file.body, {
      type: file.type,
      length: file.body.length,
    });
  }
}
