import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PLATFORMS } from '../support/platforms.js';
import { SseTestClient } from '../support/sse-client.js';

const server = fileURLToPath(new URL('answers-server.mjs', import.meta.url));

/** What `app.inject()` gave. */
interface Injected {
  readonly id: number;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An application in a process of its own. */
class ServerProcess {
  #process: ChildProcess | undefined;
  #errors = '';
  #injections = 0;
  url = '';

  async start(platform: string): Promise<void> {
    const child = spawn(process.execPath, [server, platform], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process = child;
    child.stderr?.on('data', (text) => {
      this.#errors += String(text);
    });
    const { url } = await this.#message<{ url: string }>();
    this.url = url;
  }

  /** What the process wrote when it ended; undefined while it lives. */
  get failure(): string | undefined {
    const { exitCode = null, signalCode = null } = this.#process ?? {};
    return exitCode === null && signalCode === null
      ? undefined
      : `exited with ${exitCode ?? signalCode}: ${this.#errors}`;
  }

  async inject(inject: object): Promise<Injected> {
    const id = ++this.#injections;
    this.#process?.send({ id, inject });
    return this.#message<Injected>((message) => message.id === id);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || this.failure !== undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  #message<T>(isMeant: (message: T) => boolean = () => true): Promise<T> {
    const child = this.#process!;
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(this.failure));
      child.once('exit', onExit);
      const onMessage = (message: unknown): void => {
        if (!isMeant(message as T)) return;
        child.off('message', onMessage);
        child.off('exit', onExit);
        resolve(message as T);
      };
      child.on('message', onMessage);
    });
  }
}

describe.each(PLATFORMS)(
  'a process that serves streams with %s, behind sessions and a filter that takes its time,',
  (platform) => {
    const application = new ServerProcess();

    beforeAll(() => application.start(platform));

    afterAll(() => application.stop());

    const answerTo = async (
      method: string,
      path: string,
      lastEventId?: string,
    ): Promise<number> => {
      const client = await SseTestClient.open(application.url + path, {
        method,
        lastEventId,
      });
      await client.untilClosed();
      return client.status;
    };

    it.each([
      ['GET', '/stream?step=refuse', 403],
      ['HEAD', '/stream?step=refuse', 403],
      ['GET', '/stream?step=refuse%20later', 403],
      ['GET', '/stream?step=set%20a%20header%20later', 200],
      ['GET', '/slow?step=timeout', 408],
      ['GET', '/gone', 204],
      ['GET', '/stream?name=%D1%8F', 500],
      ['HEAD', '/stream?name=%D1%8F', 500],
    ])('W7 lives on after %s %s', async (method, path, status) => {
      const answers = Array.from({ length: 5 }, () => answerTo(method, path));
      expect(await Promise.all(answers)).toEqual(Array(5).fill(status));
      // What was to be overtaken has had its time.
      expect(await answerTo('GET', '/stream')).toBe(200);
      expect(application.failure).toBeUndefined();
    });

    it('W7 lives on after a bad header on the 204 of an end', async () => {
      const client = await SseTestClient.open(`${application.url}/stream`);
      const { id } = await client.untilType('stream-end');
      expect(await answerTo('GET', '/stream', id)).toBe(204);
      expect(await answerTo('GET', '/stream?name=%D1%8F', id)).toBe(500);
      expect(await answerTo('GET', '/stream')).toBe(200);
      expect(application.failure).toBeUndefined();
    });
  },
);

describe('app.inject() of fastify', () => {
  const application = new ServerProcess();

  beforeAll(() => application.start('fastify'));

  afterAll(() => application.stop());

  it.each([false, true])(
    'W6 gives the whole of a stream, with payloadAsStream: %s',
    async (payloadAsStream) => {
      const response = await application.inject({
        url: '/stream',
        payloadAsStream,
      });
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe('text/event-stream');
      expect(response.headers['set-cookie']).toBeDefined();
      expect(response.body).toContain('data: one\n\ndata: two\n\n');
      expect(response.body).toContain('event: stream-end');
    },
  );

  it('W2 gives the headers alone for HEAD', async () => {
    const { statusCode, headers, body } = await application.inject({
      url: '/stream',
      method: 'HEAD',
    });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/event-stream');
    expect(body).toBe('');
  });

  it('W7 gives what an interceptor refuses', async () => {
    const { statusCode, body } = await application.inject({
      url: '/stream?step=refuse',
    });
    expect(statusCode).toBe(403);
    expect(body).toBe('{"filtered":403}');
  });
});
