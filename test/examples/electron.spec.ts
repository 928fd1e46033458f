import { text } from 'node:stream/consumers';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SseConnections } from 'nestjs-event-stream';
import type {
  StreamProtocolRequest,
  StreamProtocolResponse,
} from 'nestjs-event-stream/fetch';
import { AppModule } from '../../examples/electron/src/app.module.js';
import {
  allowScheme,
  SCHEME,
  serveScheme,
  type ProtocolLike,
} from '../../examples/electron/src/sse-protocol.js';
import { until } from '../support/until.js';

type Handler = (request: Request) => Promise<Response>;
type StreamHandler = (
  request: StreamProtocolRequest,
  callback: (response: StreamProtocolResponse) => void,
) => void;

const CLOCK = `${SCHEME}://type/?event=clock&parm=`;
const parm = (value: unknown): string =>
  encodeURIComponent(Buffer.from(JSON.stringify(value)).toString('base64'));

describe("the Electron example, by the documented contract of Electron's protocol", () => {
  let app: INestApplication;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();
    app = module.createNestApplication();
    app.enableCors();
    await app.init();
  });

  afterEach(() => app.close());

  const openStreams = () => app.get(SseConnections).count();

  /** Electron with `protocol.handle()`. */
  function handlerOf(): Handler {
    let handler: Handler | undefined;
    serveScheme(
      {
        registerSchemesAsPrivileged: () => undefined,
        handle: (scheme, given) => {
          expect(scheme).toBe(SCHEME);
          handler = given;
        },
      },
      app,
    );
    return handler!;
  }

  /** Electron before 25. */
  function streamHandlerOf(): StreamHandler {
    let handler: StreamHandler | undefined;
    const protocol: ProtocolLike = {
      registerSchemesAsPrivileged: () => undefined,
      registerStreamProtocol: (_scheme, given) => {
        handler = given;
        return true;
      },
    };
    serveScheme(protocol, app);
    return handler!;
  }

  it('asks for the privileges that EventSource needs, for its own scheme', () => {
    const asked: unknown[] = [];
    allowScheme({
      registerSchemesAsPrivileged: (schemes) => asked.push(...schemes),
    });
    expect(asked).toEqual([
      {
        scheme: SCHEME,
        privileges: {
          standard: true,
          secure: true,
          supportFetchAPI: true,
          corsEnabled: true,
          stream: true,
        },
      },
    ]);
  });

  it('streams by protocol.handle(), until the window cancels', async () => {
    const response = await handlerOf()(
      new Request(CLOCK + parm({ everyMs: 50, label: 'test' }), {
        headers: { origin: 'file://' },
      }),
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const reader = response
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let all = '';
    while (all.split('event: clock').length < 3)
      all += (await reader.read()).value!;
    expect(all).toContain('data: {"label":"test"');
    expect(await openStreams()).toBe(1);
    await reader.cancel();
    await until(async () => (await openStreams()) === 0);
  });

  it.each<[string, string, string]>([
    ['no base64 of JSON', '%%%', 'parm must be a JSON object in base64'],
    [
      'JSON that is no object',
      parm([1]),
      'parm must be a JSON object in base64',
    ],
    [
      'a value out of range',
      parm({ everyMs: 1 }),
      'everyMs must not be less than 50',
    ],
    [
      'a field that nobody knows',
      parm({ everyMS: 50 }),
      'property everyMS should not exist',
    ],
  ])('refuses %s with 400', async (_what, value, message) => {
    const url = CLOCK + (value === '%%%' ? encodeURIComponent(value) : value);
    const response = await handlerOf()(new Request(url));
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  it('streams by registerStreamProtocol(), until its data is destroyed', async () => {
    const answer = await new Promise<StreamProtocolResponse>((resolve) =>
      streamHandlerOf()(
        { url: CLOCK + parm({ everyMs: 50 }), method: 'GET', headers: {} },
        resolve,
      ),
    );
    expect(answer.statusCode).toBe(200);
    for await (const chunk of answer.data)
      if (String(chunk).includes('event: clock')) break;
    await until(async () => (await openStreams()) === 0);
  });

  it('gives registerStreamProtocol() the status of a refusal', async () => {
    const answer = await new Promise<StreamProtocolResponse>((resolve) =>
      streamHandlerOf()(
        { url: `${SCHEME}://type/?event=weather`, method: 'GET', headers: {} },
        resolve,
      ),
    );
    expect(answer.statusCode).toBe(400);
    expect(await text(answer.data)).toContain('clock');
  });
});
