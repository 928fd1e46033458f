import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2';
import net, { type Socket } from 'node:net';
import { Controller, Module } from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { streamsOf } from '../support/internals.js';
import {
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

let started = 0;
let ended = 0;

async function* generator(): AsyncGenerator<string> {
  started++;
  try {
    for (;;) {
      yield 'x'.repeat(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    ended++;
  }
}

@Controller()
class FaultsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('generator')
  generator() {
    return generator();
  }

  @SseStream('late-generator')
  async lateGenerator() {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return generator();
  }

  @SseStream('quiet', {
    slowConsumer: { stallTimeoutMs: 300 },
    heartbeat: { intervalMs: 100 },
  })
  quiet() {
    return this.bus.stream('quiet');
  }

  @SseStream('loud', { slowConsumer: { stallTimeoutMs: 300 } })
  loud() {
    return generator();
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [FaultsController] })
class AppModule {}

interface Client {
  readonly socket: Socket;
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/** What a client may do to be gone. */
const FAULTS: Record<string, (client: Client) => void> = {
  'resets the stream': ({ stream }) =>
    stream.close(http2.constants.NGHTTP2_CANCEL),
  'says that it goes away': ({ session }) => {
    session.goaway();
    session.destroy();
  },
  'closes the session with an error': ({ session }) =>
    session.destroy(undefined, http2.constants.NGHTTP2_PROTOCOL_ERROR),
  'cuts the connection': ({ socket }) => socket.destroy(),
};

describe('faults of HTTP/2', () => {
  let application: TestApplication;
  let session: ClientHttp2Session | undefined;

  beforeEach(async () => {
    started = ended = 0;
    application = await startApplication('fastify-http2', AppModule);
  });

  afterEach(async () => {
    session?.destroy();
    await application.close();
  });

  const open = (path: string, initialWindowSize = 65_535): Client => {
    const { hostname, port } = new URL(application.url);
    const socket = net.connect(Number(port), hostname);
    session = http2.connect(application.url, {
      createConnection: () => socket,
      settings: { initialWindowSize },
    });
    session.on('error', () => undefined);
    const stream = session.request({ ':path': path });
    stream.on('error', () => undefined);
    return { socket, session, stream };
  };

  const nothingIsLeft = (): Promise<void> =>
    until(() => streamsOf(application).isEmpty && started === ended);

  describe.each(Object.keys(FAULTS))('a client that %s', (name) => {
    it('C2 leaves nothing of a stream that it reads', async () => {
      const client = open('/generator');
      client.stream.resume();
      await until(() => started === 1);
      FAULTS[name]!(client);
      await nothingIsLeft();
    });

    it('C2 S4 leaves nothing of a stream that it does not read', async () => {
      const client = open('/generator');
      client.stream.pause();
      await until(() => streamsOf(application).open[0]?.isCongested === true);
      FAULTS[name]!(client);
      await nothingIsLeft();
    });

    it('C2 leaves nothing of a stream that is not open yet', async () => {
      const client = open('/late-generator');
      await until(() => streamsOf(application).plingeringCount === 1);
      FAULTS[name]!(client);
      await until(() => streamsOf(application).plingeringCount === 0);
      await nothingIsLeft();
    });

    it('C2 leaves nothing of a stream that it asked for in the same breath', async () => {
      const client = open('/generator');
      client.stream.once('ready', () => FAULTS[name]!(client));
      await until(() => client.stream.destroyed);
      const other = open('/generator');
      await until(() => started >= 1);
      FAULTS[name]!(other);
      await nothingIsLeft();
    });
  });

  it.each(['/quiet', '/loud'])(
    'S4 a stream whose window never opens is cut: %s',
    async (path) => {
      const { stream } = open(path, 0);
      await until(() => streamsOf(application).open.length === 1);
      await until(() => stream.destroyed);
      await nothingIsLeft();
    },
  );
});
