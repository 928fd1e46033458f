import {
  Catch,
  Controller,
  ForbiddenException,
  HttpException,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { SseStream } from 'nestjs-event-stream';
import { NEVER, Observable, concat, of, throwError } from 'rxjs';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

let releaseLate: () => void;

class MethodError extends Error {}
class ControllerError extends Error {}
class GlobalError extends Error {}

@Injectable()
class AnswerTeapot implements ExceptionFilter {
  protected readonly level: string = '';

  constructor(private readonly host: HttpAdapterHost) {}

  catch(_error: Error, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<unknown>();
    this.host.httpAdapter.reply(response, { level: this.level }, 418);
  }
}

@Catch(MethodError)
class MethodFilter extends AnswerTeapot {
  protected override readonly level = 'method';
}

@Catch(ControllerError)
class ControllerFilter extends AnswerTeapot {
  protected override readonly level = 'controller';
}

@Catch(GlobalError)
class GlobalFilter extends AnswerTeapot {
  protected override readonly level = 'global';
}

const guard = (act: () => boolean): CanActivate => ({ canActivate: act });
const refuse = guard(() => false);
const unauthorised = guard(() => {
  throw new UnauthorizedException();
});

@Controller()
@UseFilters(ControllerFilter)
class StatusController {
  @SseStream('forbidden')
  @UseGuards(refuse)
  forbidden() {
    return NEVER;
  }

  @UseGuards(unauthorised)
  @SseStream('unauthorised')
  unauthorised() {
    return NEVER;
  }

  @SseStream('pipe/:id')
  pipe(@Param('id', ParseIntPipe) _id: number) {
    return NEVER;
  }

  @SseStream('throws')
  throws(): Observable<unknown> {
    throw new NotFoundException('No such order');
  }

  @SseStream('rejects')
  async rejects(): Promise<Observable<unknown>> {
    await Promise.resolve();
    throw new NotFoundException('No such order');
  }

  @SseStream('errors')
  errors() {
    return throwError(() => new ForbiddenException('Not yours'));
  }

  @SseStream('emits-and-errors')
  emitsAndErrors() {
    return concat(
      of('never seen'),
      throwError(() => new ForbiddenException('Not yours')),
    );
  }

  @SseStream('generator')
  // oxlint-disable-next-line require-yield
  *generator(): Generator<unknown> {
    throw new NotFoundException('No such order');
  }

  @SseStream('async-generator')
  // oxlint-disable-next-line require-yield
  async *asyncGenerator(): AsyncGenerator<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    throw new HttpException('Paused', 503);
  }

  @SseStream('readable-stream')
  readableStream() {
    return new ReadableStream({
      start: (controller) => controller.error(new NotFoundException('Gone')),
    });
  }

  @SseStream('bug')
  bug(): Observable<unknown> {
    throw new TypeError('secret is not a function');
  }

  @SseStream('method-filter')
  @UseFilters(MethodFilter)
  methodFilter(): Observable<unknown> {
    throw new MethodError();
  }

  @SseStream('controller-filter')
  async *controllerFilter(): AsyncGenerator<unknown> {
    yield await Promise.reject(new ControllerError());
  }

  @SseStream('global-filter')
  globalFilter() {
    return throwError(() => new GlobalError());
  }

  @SseStream('silent')
  silent() {
    return NEVER;
  }

  @SseStream('silent-promise')
  async silentPromise() {
    await new Promise((resolve) => setImmediate(resolve));
    return NEVER;
  }

  @SseStream('silent-generator', { readyTimeoutMs: 20 })
  // oxlint-disable-next-line require-yield
  async *silentGenerator() {
    await new Promise(() => undefined);
  }

  @SseStream('silent-readable-stream', { readyTimeoutMs: 20 })
  silentReadableStream() {
    return new ReadableStream();
  }

  @SseStream('late', { readyTimeoutMs: 0 })
  async *late() {
    await new Promise<void>((resolve) => (releaseLate = resolve));
    yield 'late';
  }
}

const AppModule = appOf([StatusController], {}, [
  { provide: APP_FILTER, useClass: GlobalFilter },
]);

describe.each(ALL_PLATFORMS)('the status of a stream on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  it.each<[string, string, number, object]>([
    [
      'a guard that refuses',
      '/forbidden',
      403,
      { message: 'Forbidden resource' },
    ],
    ['a guard that throws', '/unauthorised', 401, { message: 'Unauthorized' }],
    ['a pipe that refuses', '/pipe/x', 400, { error: 'Bad Request' }],
    ['a handler that throws', '/throws', 404, { message: 'No such order' }],
    ['a handler that rejects', '/rejects', 404, { message: 'No such order' }],
    [
      'an Observable that errors at once',
      '/errors',
      403,
      { message: 'Not yours' },
    ],
    [
      'an Observable that emits and errors at once',
      '/emits-and-errors',
      403,
      { message: 'Not yours' },
    ],
    [
      'a generator whose first step throws',
      '/generator',
      404,
      { message: 'No such order' },
    ],
    [
      'an async generator whose first step rejects',
      '/async-generator',
      503,
      { message: 'Paused' },
    ],
    [
      'a ReadableStream that is broken',
      '/readable-stream',
      404,
      { message: 'Gone' },
    ],
    [
      'a bug',
      '/bug',
      500,
      { statusCode: 500, message: 'Internal server error' },
    ],
    ["a method's exception filter", '/method-filter', 418, { level: 'method' }],
    [
      "a controller's exception filter",
      '/controller-filter',
      418,
      { level: 'controller' },
    ],
    [
      "an application's exception filter",
      '/global-filter',
      418,
      { level: 'global' },
    ],
  ])('W3 is that of %s', async (_what, path, status, body) => {
    const client = await application.open(path);
    await client.untilClosed();
    expect(client.status).toBe(status);
    expect(client.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(client.raw)).toMatchObject(body);
  });

  it.each([
    '/silent',
    '/silent-promise',
    '/silent-generator',
    '/silent-readable-stream',
  ])(
    'W3 is 200 as soon as possible for a source that is silent: %s',
    async (path) => {
      const client = await application.open(path);
      expect(client.status).toBe(200);
      await client.untilType('stream-open');
    },
  );

  it('W3 is 200 after readyTimeoutMs, and the first value follows', async () => {
    const client = await application.open('/late');
    await client.untilType('stream-open');
    expect(client.types).not.toContain('message');
    releaseLate();
    await client.untilType('stream-end');
    expect(client.types).toEqual(['stream-open', 'message', 'stream-end']);
  });
});
