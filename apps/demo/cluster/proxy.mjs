import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import httpProxy from 'http-proxy';

/** How long a request waits for a node when there is none: to a browser any answer but a stream would be final. */
const PATIENCE_MS = 15_000;

/**
 * Gives each request to the next node that is up. `urls` says which those are at the moment. It is as simple as a
 * proxy can be, and leaves resuming to the clients: no request is bound to a node.
 */
export async function startProxy({ port, host, urls }) {
  const agent = new Agent({ keepAlive: true });
  const proxy = httpProxy.createProxyServer({ agent, xfwd: true });
  let turn = 0;

  // By itself http-proxy tells neither side that the other has gone in the middle of a stream.
  proxy.on('proxyReq', (upstream, _request, response) => {
    response.on('close', () => upstream.destroy());
  });
  proxy.on('proxyRes', (upstream, _request, response) => {
    upstream.on('close', () => {
      if (!upstream.complete) response.destroy();
    });
  });

  const forward = async (request, response) => {
    const deadline = Date.now() + PATIENCE_MS;
    while (urls().length === 0 && Date.now() < deadline) await pause(100);
    const up = urls();
    if (up.length === 0) return answer(response, 503, 'No node is up.');
    const target = up[turn++ % up.length];
    proxy.web(request, response, { target }, (error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      // A request without a body may be asked again: the node died between two looks.
      else if (request.method === 'GET' && Date.now() < deadline)
        setTimeout(() => void forward(request, response), 100);
      else answer(response, 502, error.message);
    });
  };

  const server = createServer((request, response) => {
    void forward(request, response);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: server.address().port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
      proxy.close();
    },
  };
}

function answer(response, status, message) {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Retry-After': '5',
  });
  response.end(JSON.stringify({ statusCode: status, message }));
}
