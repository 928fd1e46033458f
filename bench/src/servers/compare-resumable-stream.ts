import { createServer, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { createResumableStreamContext } from 'resumable-stream/ioredis';
import type { Contestant } from './contestant.js';
import { listen } from './listen.js';

const STREAM = 'compare';

interface Options {
  readonly url: string;
  /** The one whose process makes the stream: what is published goes in here. */
  readonly isProducer: boolean;
}

/** Vercel's resumable-stream as its README shows it: one process produces, any resumes by the characters that it has. */
export async function start(options: Options): Promise<Contestant> {
  const [publisher, subscriber] = [
    new Redis(options.url),
    new Redis(options.url),
  ];
  // Otherwise ioredis writes every lost connection to the console.
  for (const client of [publisher, subscriber]) client.on('error', () => {});
  const context = createResumableStreamContext({
    waitUntil: null,
    publisher,
    subscriber,
  });
  let controller: ReadableStreamDefaultController<string> | undefined;
  if (options.isProducer) {
    const produced = await context.createNewResumableStream(
      STREAM,
      () =>
        new ReadableStream<string>({ start: (one) => void (controller = one) }),
    );
    // The client that asked for it, which stays.
    void produced?.pipeTo(new WritableStream());
  }

  async function stream(
    response: ServerResponse,
    resumeAt: number,
  ): Promise<void> {
    try {
      const resumed = await context.resumeExistingStream(STREAM, resumeAt);
      if (!resumed) {
        response.writeHead(resumed === null ? 204 : 404).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      const reader = resumed.getReader();
      response.on('close', () => void reader.cancel().catch(() => undefined));
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        response.write(value);
      }
      response.end();
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  }

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    void stream(response, Number(searchParams.get('resumeAt') ?? 0));
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: '',
    publish: () => undefined,
    calls: {
      publish: (key: string) => {
        if (controller === undefined) throw new Error('This is no producer.');
        controller.enqueue(`data: ${JSON.stringify({ key })}\n\n`);
      },
    },
  };
}
