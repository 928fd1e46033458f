import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Batch } from '../connection/output/batch.js';
import type { TransportListener } from '../connection/output/stream-transport.js';
import { Frame } from '../event/frame.js';
import { HttpTransport } from './http-transport.js';

const LISTENER: TransportListener = {
  onDrain: () => undefined,
  onClose: () => undefined,
};

function batchOf(text: string): Batch {
  return Batch.root().with(new Frame(text));
}

let server: Server;

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** Everything that a client reads whose two requests on one connection are answered by two streams. */
async function answersTo(allowsFastPath: boolean): Promise<string> {
  server = createServer((_request, response) => {
    const transport = new HttpTransport(response, LISTENER, allowsFastPath);
    transport.open({ 'content-type': 'text/event-stream' }, batchOf('first\n'));
    transport.write(batchOf('second\n'));
    // As a middleware with a time limit does it, while events are on their way.
    response.end();
    transport.write(batchOf('too late\n'));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n';
  socket.write(`${request}\r\n`);
  let text = '';
  let hasAskedAgain = false;
  for await (const bytes of socket) {
    text += String(bytes);
    if (!hasAskedAgain && text.includes('0\r\n\r\n')) {
      hasAskedAgain = true;
      socket.write(`${request}Connection: close\r\n\r\n`);
    }
  }
  return text;
}

describe.each([
  ['with the fast path', true],
  ['without the fast path', false],
])('an HTTP transport %s', (_name, allowsFastPath) => {
  it('W1 writes nothing after the end that somebody else has set', async () => {
    const text = await answersTo(allowsFastPath);
    const bodies = text
      .split('HTTP/1.1 200 OK\r\n')
      .slice(1)
      .map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));

    expect(bodies).toEqual(
      Array(2).fill('6\r\nfirst\n\r\n7\r\nsecond\n\r\n0\r\n\r\n'),
    );
  });
});
