import { once } from 'node:events';
import http from 'node:http';
import http2, { type Http2SecureServer } from 'node:http2';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { atEnd } from '../support/at-end.js';
import { CERTIFICATE } from '../support/certificate.js';
import {
  Batch,
  Frame,
  HttpTransport,
  type RawResponse,
} from '../support/internals.js';
import { connectHttp2, listen } from '../support/network.js';
import { until } from '../support/until.js';

const MEGABYTE = 2 ** 20;
/** Several times what the kernel buffers. */
const FRAME = new Frame('x'.repeat(48 * MEGABYTE));

type Serve = (request: unknown, response: RawResponse) => void;

interface Protocol {
  readonly name: string;
  readonly fastPath?: boolean;
  server(serve: Serve): http.Server | https.Server | Http2SecureServer;
  /** Gives what the client reads. */
  request(port: number): Promise<Readable>;
}

const get = async (request: http.ClientRequest): Promise<Readable> => {
  atEnd('a request', () => request.destroy());
  const [body] = (await once(request, 'response')) as [http.IncomingMessage];
  return body;
};

const HTTP: Protocol = {
  name: 'HTTP/1.1',
  server: (serve) => http.createServer(serve),
  request: (port) => get(http.get({ host: '127.0.0.1', port })),
};

const HTTPS: Protocol = {
  name: 'HTTP/1.1 over TLS',
  server: (serve) => https.createServer(CERTIFICATE, serve),
  request: (port) =>
    get(https.get({ host: '127.0.0.1', port, rejectUnauthorized: false })),
};

const HTTP2: Protocol = {
  name: 'HTTP/2 over TLS',
  server: (serve) => http2.createSecureServer(CERTIFICATE, serve),
  request: async (port) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`);
    const body = session.request({ ':path': '/' });
    await once(body, 'response');
    return body;
  },
};

describe.each([
  { ...HTTP, fastPath: true },
  { ...HTTPS, fastPath: true },
  { ...HTTPS, fastPath: false },
  HTTP2,
])(
  'a transport of $name with fastPath $fastPath',
  ({ server, request, fastPath = false }) => {
    it('S4 sees that a client takes a large write, before it has all of it', async () => {
      let transport!: HttpTransport;
      let drains = 0;
      const listener = { onDrain: () => drains++, onClose: () => undefined };
      const serve: Serve = (_request, response) => {
        transport = new HttpTransport(response, listener, fastPath);
        transport.open({}, Batch.root().with(new Frame('first')));
      };
      const body = await request(await listen(server(serve)));
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
    });
  },
);
