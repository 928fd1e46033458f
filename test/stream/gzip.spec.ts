import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Controller } from '@nestjs/common';
import compression from 'compression';
import { of } from 'rxjs';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { atEnd } from '../support/at-end.js';
import {
  ALL_PLATFORMS,
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

const LONG = 'x'.repeat(2_000);

@Controller()
class CompressedController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('bus')
  watch() {
    return this.bus.stream('compressed');
  }

  @SseStream('finite')
  finite() {
    return of('first', LONG, 'last');
  }

  @SseStream('plain', { compression: false })
  plain() {
    return of(LONG);
  }
}

const AppModule = appOf([CompressedController], {
  compression: { minBytes: 0 },
});

describe.each(ALL_PLATFORMS)('W6 compression on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  const open = (path: string, encoding: string) =>
    application.open(path, {
      headers: { 'accept-encoding': encoding },
      encoding: 'latin1',
    });

  it('sends one whole gzip stream with a right trailer', async () => {
    const client = await open('/finite', 'gzip, deflate, br');
    await client.untilClosed();
    const text = gunzipSync(Buffer.from(client.raw, 'latin1')).toString();

    expect(client.headers['content-encoding']).toBe('gzip');
    expect(String(client.headers['vary'])).toContain('Accept-Encoding');
    expect(client.isComplete).toBe(true);
    expect(client.raw.length).toBeLessThan(LONG.length / 4);
    expect(text).toContain(`data: first\n\ndata: ${LONG}\n\ndata: last\n\n`);
    expect(text).toContain('event: stream-end\n');
  });

  it('leaves clients alone that do not ask for it, and routes that say no', async () => {
    const unable = await open('/finite', 'br');
    const plain = await open('/plain', 'gzip');
    await Promise.all([unable.untilClosed(), plain.untilClosed()]);

    expect(unable.headers['content-encoding']).toBeUndefined();
    expect(String(unable.headers['vary'])).toContain('Accept-Encoding');
    expect(unable.raw).toContain(`data: ${LONG}\n\n`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.raw).toContain(`data: ${LONG}\n\n`);
  });
});

describe.each(PLATFORMS)('W6 compression on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it("gives each event to Node's fetch at once", async () => {
    const abort = new AbortController();
    atEnd('the stream', () => abort.abort());
    const response = await fetch(`${application.url}/bus`, {
      signal: abort.signal,
    });
    const reader = response
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = '';
    const readUntil = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value ?? '';
    };
    await readUntil('stream-live');
    for (const part of ['one', LONG, 'three']) {
      await bus.publish('compressed', part);
      await readUntil(`data: ${part}\n\n`);
    }

    expect(response.headers.get('content-encoding')).toBe('gzip');
  });

  it('is decoded by curl --compressed', async () => {
    const { stdout } = await promisify(execFile)(
      process.env['CURL_PATH'] ?? 'curl',
      ['--silent', '--no-buffer', '--compressed', `${application.url}/finite`],
    );

    expect(stdout).toContain(`data: first\n\ndata: ${LONG}\n\ndata: last\n\n`);
  });
});

it('W6 compression is never done twice behind a middleware', async () => {
  const application = await startApplication('express', AppModule, {
    configure: (app) => void app.use(compression({ threshold: 0 })),
  });
  const client = await application.open('/finite', {
    headers: { 'accept-encoding': 'gzip' },
    encoding: 'latin1',
  });
  await client.untilClosed();

  expect(client.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(Buffer.from(client.raw, 'latin1')).toString()).toContain(
    `data: ${LONG}\n\n`,
  );
});
