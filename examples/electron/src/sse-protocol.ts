import type { INestApplication } from '@nestjs/common';
import {
  createFetchHandler,
  fromStreamProtocolRequest,
  toStreamProtocolResponse,
  type StreamProtocolRequest,
  type StreamProtocolResponse,
} from 'nestjs-event-stream/fetch';

export const SCHEME = 'myapp-sse';

/** What is used of Electron's `protocol`. */
export interface ProtocolLike {
  registerSchemesAsPrivileged(
    schemes: { scheme: string; privileges: Record<string, boolean> }[],
  ): void;
  handle?(
    scheme: string,
    handler: (request: Request) => Promise<Response>,
  ): void;
  registerStreamProtocol?(
    scheme: string,
    handler: (
      request: StreamProtocolRequest,
      callback: (response: StreamProtocolResponse) => void,
    ) => void,
  ): boolean;
}

/** Before the application is ready: Electron takes no privileges later. */
export function allowScheme(protocol: ProtocolLike): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        corsEnabled: true,
        stream: true,
      },
    },
  ]);
}

/** Answers the scheme by the Nest application, whichever of the two calls this version of Electron has. */
export function serveScheme(
  protocol: ProtocolLike,
  app: INestApplication,
): void {
  const handle = createFetchHandler(app);
  if (protocol.handle !== undefined) {
    protocol.handle(SCHEME, handle);
    return;
  }
  protocol.registerStreamProtocol?.(SCHEME, async (request, callback) => {
    const response = await handle(fromStreamProtocolRequest(request)).catch(
      () => new Response(null, { status: 500 }),
    );
    callback(toStreamProtocolResponse(response));
  });
}
