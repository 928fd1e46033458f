import http from 'node:http';
import { atEnd } from './at-end.js';
import { connectHttp2 } from './network.js';
import type { PlatformName } from './platforms.js';

/** Sends a request that nobody waits for, and gives back how to cut its socket. */
export function sendUnanswered(
  platform: PlatformName,
  url: string,
): () => void {
  if (platform === 'fastify-http2') {
    const session = connectHttp2(url);
    session
      .request({ ':path': new URL(url).pathname })
      .on('error', () => undefined);
    return () => session.destroy();
  }
  const request = http.get(url, { agent: false });
  atEnd(`a request to ${url}`, () => request.destroy());
  request.on('error', () => undefined);
  return () => request.destroy();
}
