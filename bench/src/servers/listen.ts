import type { Server } from 'node:net';

/** Listens on a free port with room for a storm of connects. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve((server.address() as { port: number }).port),
    );
  });
}
