import http from 'node:http';
import http2 from 'node:http2';
import type { PlatformName } from './platforms.js';

/** Sends a request that nobody waits for, and gives back how to cut its socket. */
export function sendUnanswered(
  platform: PlatformName,
  url: string,
): () => void {
  if (platform === 'fastify-http2') {
    const { origin, pathname } = new URL(url);
    const session = http2.connect(origin);
    session.on('error', () => undefined);
    session.request({ ':path': pathname }).on('error', () => undefined);
    return () => session.destroy();
  }
  const request = http.get(url, { agent: false });
  request.on('error', () => undefined);
  return () => request.destroy();
}
