import { Controller, Module } from '@nestjs/common';
import { SseModule, SseStream } from 'nestjs-event-stream';
import { of } from 'rxjs';
import serverless from 'serverless-http';
import {
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Controller()
class ShortController {
  @SseStream('short')
  short() {
    return of('one', 'two');
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [ShortController] })
class AppModule {}

// With Fastify such adapters use `inject()`: see process.spec.ts.
describe('a serverless platform with express, whose response has a stand-in for a socket,', () => {
  let application: TestApplication;

  beforeEach(async () => {
    application = await startApplication('express', AppModule);
  });

  afterEach(() => application.close());

  it('W6 gets the whole of a stream that ends', async () => {
    const instance = application.app.getHttpAdapter().getInstance() as never;
    const handle = serverless(instance);
    const response = (await handle(
      {
        httpMethod: 'GET',
        path: '/short',
        headers: { host: 'localhost' },
        multiValueHeaders: {},
        queryStringParameters: null,
        body: null,
        isBase64Encoded: false,
        requestContext: {},
      },
      {},
    )) as { statusCode: number; body: string };
    expect(response.statusCode).toBe(200);
    expect(response.body).toContain('data: one\n\ndata: two\n\n');
    expect(response.body).toContain('event: stream-end');
  });
});
