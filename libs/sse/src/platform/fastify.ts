import type { OutgoingHttpHeader } from 'node:http';
import { FastifyHandover } from './fastify-handover.js';
import {
  refuseBadHeaders,
  withoutConnectionHeaders,
  type FastifyReplyLike,
} from './fastify-headers.js';
import type {
  HttpExchange,
  RawRequest,
  RawResponse,
  ResponseHeaders,
} from './http-exchange.js';
import { onceClosed } from './response-close.js';

interface FastifyRequestLike {
  readonly raw: RawRequest;
  readonly ip?: string;
  readonly protocol?: string;
}

export function fastifyExchange(
  request: unknown,
  response: unknown,
): HttpExchange | undefined {
  const reply = response as Partial<FastifyReplyLike>;
  return typeof reply.hijack === 'function' && reply.raw !== undefined
    ? new FastifyExchange(
        request as FastifyRequestLike,
        reply as FastifyReplyLike,
      )
    : undefined;
}

class FastifyExchange implements HttpExchange {
  #wasSent = false;

  constructor(
    private readonly fastifyRequest: FastifyRequestLike,
    private readonly reply: FastifyReplyLike,
  ) {}

  get request(): RawRequest {
    return this.fastifyRequest.raw;
  }

  get response(): RawResponse {
    return this.reply.raw;
  }

  get address(): string | undefined {
    return this.fastifyRequest.ip;
  }

  get isSecure(): boolean {
    return this.fastifyRequest.protocol === 'https';
  }

  get isAnswered(): boolean {
    return this.#wasSent || this.reply.sent || this.response.headersSent;
  }

  // Fastify itself does not know that it is sending as long as an onSend hook waits for something.
  watchAnswers(): void {
    const { reply } = this;
    const { send } = reply;
    reply.send = (payload) => {
      this.#wasSent = true;
      return send.call(reply, payload);
    };
  }

  send(status: number, headers: ResponseHeaders, body?: Buffer): void {
    this.#begin(status, headers);
    const isHead = this.request.method === 'HEAD' && status === 200;
    // Anything else would get a length, and there is none of a stream.
    this.reply.send(isHead ? EMPTY_STREAM : body);
  }

  handOver(
    headers: ResponseHeaders,
    open: (headers: ResponseHeaders) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { reply } = this;
      // A hook may answer with something else, fail, or never be done.
      const stopWaiting = onceClosed(reply.raw, resolve);
      const handover = new FastifyHandover(reply, open, (failure) => {
        stopWaiting();
        if (failure === undefined) resolve();
        else reject(failure.error as Error);
      });
      this.#begin(200, headers);
      reply.send(handover);
    });
  }

  #begin(status: number, headers: ResponseHeaders): void {
    const { reply } = this;
    refuseBadHeaders(reply);
    withoutConnectionHeaders(reply);
    reply.code(status).headers(headers as Record<string, OutgoingHttpHeader>);
  }
}

/** A body that Fastify takes for a stream, and that is never read. */
const EMPTY_STREAM = {
  on: () => EMPTY_STREAM,
  resume: () => EMPTY_STREAM,
  destroy: () => EMPTY_STREAM,
  pipe: (response: RawResponse) => response.end(),
};
