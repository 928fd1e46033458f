import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { CERTIFICATE } from '../support/certificate.js';
import {
  Batch,
  Frame,
  HttpTransport,
  type RawResponse,
} from '../support/internals.js';
import { until } from '../support/until.js';

const MEGABYTE = 2 ** 20;
/** Several times what the kernel buffers. */
const FRAME = new Frame('x'.repeat(48 * MEGABYTE));

type Serve = (request: unknown, response: RawResponse) => void;

interface Protocol {
  readonly name: string;
  readonly fastPath?: boolean;
  listen(serve: Serve): http.Server | https.Server | http2.Http2SecureServer;
  /** Gives what the client reads, and cuts it. */
  request(port: number): Promise<{ body: Readable; cut: () => void }>;
}

const get = async (
  request: http.ClientRequest,
): Promise<{ body: Readable; cut: () => void }> => {
  const [body] = (await once(request, 'response')) as [http.IncomingMessage];
  return { body, cut: () => request.destroy() };
};

const HTTP: Protocol = {
  name: 'HTTP/1.1',
  listen: (serve) => http.createServer(serve),
  request: (port) => get(http.get({ host: '127.0.0.1', port })),
};

const HTTPS: Protocol = {
  name: 'HTTP/1.1 over TLS',
  listen: (serve) => https.createServer(CERTIFICATE, serve),
  request: (port) =>
    get(https.get({ host: '127.0.0.1', port, rejectUnauthorized: false })),
};

const HTTP2: Protocol = {
  name: 'HTTP/2 over TLS',
  listen: (serve) => http2.createSecureServer(CERTIFICATE, serve),
  request: async (port) => {
    const options = { rejectUnauthorized: false };
    const session = http2.connect(`https://127.0.0.1:${port}`, options);
    const body = session.request({ ':path': '/' });
    await once(body, 'response');
    return { body, cut: () => session.destroy() };
  },
};

describe.each([
  { ...HTTP, fastPath: true },
  { ...HTTPS, fastPath: true },
  { ...HTTPS, fastPath: false },
  HTTP2,
])(
  'a transport of $name with fastPath $fastPath',
  ({ listen, request, fastPath = false }) => {
    it('S4 sees that a client takes a large write, before it has all of it', async () => {
      let transport!: HttpTransport;
      let drains = 0;
      const listener = { onDrain: () => drains++, onClose: () => undefined };
      const server = listen((_request, response) => {
        transport = new HttpTransport(response, listener, fastPath);
        transport.open({}, Batch.root().with(new Frame('first')));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { body, cut } = await request(
        (server.address() as AddressInfo).port,
      );
      let received = 0;
      body.on('data', ({ length }: Buffer) => (received += length));
      await until(() => received > 0);

      expect(transport.write(Batch.root().with(FRAME))).toBe(false);
      const backlogAt = async (bytes: number): Promise<number> => {
        await new Promise<void>((resolve) => {
          body.on('data', function onData() {
            if (received < bytes) return;
            body.off('data', onData).pause();
            resolve();
          });
          body.resume();
        });
        return transport.backlog;
      };
      const early = await backlogAt(MEGABYTE);
      const late = await backlogAt(24 * MEGABYTE);
      expect(drains).toBe(0);
      expect(late).toBeLessThan(early);

      body.resume();
      await until(() => received === 'first'.length + FRAME.size);
      await until(() => drains === 1);
      cut();
      server.close();
      await once(server, 'close');
    });
  },
);
