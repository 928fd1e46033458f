import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RawResponse } from './http-exchange.js';

/**
 * Calls back once when a response is over, whether it was sent or its client has gone; at once if it is
 * already. Node tells nobody of two cases that any client can bring about: it went while a middleware or a
 * guard was at work, or while the response still waited behind another one on its socket.
 * @returns how to stop listening
 */
export function onceClosed(
  response: RawResponse,
  callback: () => void,
): () => void {
  if (isClosed(response)) {
    callback();
    return () => undefined;
  }
  response.on('close', callback);
  if (!(response instanceof ServerResponse) || response.socket !== null)
    return () => response.off('close', callback);
  const stopWaiting = onceSocketClosed(response.req.socket, callback);
  response.once('socket', stopWaiting);
  return () => {
    response.off('close', callback);
    stopWaiting();
  };
}

/** Whether nobody is left to read a response. */
export function isClosed(response: RawResponse): boolean {
  return response instanceof ServerResponse
    ? response.closed || response.destroyed || response.req.socket?.destroyed
    : response.stream.destroyed;
}

const callbacksOf = new WeakMap<Socket, Set<() => void>>();

// One listener for all that wait: a client may pipeline thousands of requests.
function onceSocketClosed(socket: Socket, callback: () => void): () => void {
  let callbacks = callbacksOf.get(socket);
  if (callbacks === undefined) {
    const waiting = (callbacks = new Set<() => void>());
    callbacksOf.set(socket, waiting);
    socket.once('close', () => {
      for (const one of waiting) one();
    });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
