// An application in a process of its own: what nobody catches ends it, as it would in production, where Jest would
// only take note. Uses the built package. Does what its parent asks for by messages.
import 'reflect-metadata';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import {
  Catch,
  Controller,
  ForbiddenException,
  HttpException,
  Module,
  RequestTimeoutException,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import session from 'express-session';
import { SseModule, SseStream } from 'nestjs-event-stream';
import onHeaders from 'on-headers';
import {
  catchError,
  EMPTY,
  map,
  mergeMap,
  of,
  throwError,
  timeout,
} from 'rxjs';

const [platform] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class AnswersController {
  stream() {
    return of('one', 'two');
  }

  gone(reply) {
    reply.status(204).send();
    return EMPTY;
  }

  async slow() {
    await pause(200);
    return of('never seen');
  }
}

function stream(name) {
  const { prototype } = AnswersController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  SseStream(name)(prototype, name, descriptor);
  Object.defineProperty(prototype, name, descriptor);
}

class AppModule {}

function decorate() {
  Res()(AnswersController.prototype, 'gone', 0);
  for (const name of ['stream', 'gone', 'slow']) stream(name);
  Controller()(AnswersController);
  const imports = [SseModule.forRoot()];
  Module({ imports, controllers: [AnswersController] })(AppModule);
  Catch()(AsyncFilter);
}

const STEPS = {
  refuse: map(() => {
    throw new ForbiddenException();
  }),
  'refuse later': mergeMap(async () => {
    await pause(1);
    throw new ForbiddenException();
  }),
  'set a header later': mergeMap(async () => {
    await pause(1);
    return 'set';
  }),
};

class StepInterceptor {
  intercept(context, next) {
    const http = context.switchToHttp();
    const { step } = http.getRequest().query;
    if (step === 'timeout')
      return next.handle().pipe(
        timeout(40),
        catchError(() => throwError(() => new RequestTimeoutException())),
      );
    const operator = STEPS[step];
    if (operator === undefined) return next.handle();
    return next.handle().pipe(
      operator,
      map(() => void http.getResponse().header('x-late', 'yes')),
    );
  }
}

class AsyncFilter {
  constructor(adapter) {
    this.adapter = adapter;
  }

  async catch(error, host) {
    await pause(10);
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const response = host.switchToHttp().getResponse();
    this.adapter.reply(response, { filtered: status }, status);
  }
}

/** A session store behind a network: it calls back from where nothing catches. */
class SlowStore extends session.Store {
  get(_id, callback) {
    setTimeout(callback, 1, null, null);
  }

  set(_id, _session, callback) {
    setTimeout(callback, 1);
  }

  destroy(_id, callback) {
    setTimeout(callback, 1);
  }
}

const SECRET = 'a secret of at least thirty-two characters';

function configureExpress(app) {
  const store = new SlowStore();
  app.use(
    session({ secret: SECRET, store, resave: true, saveUninitialized: true }),
  );
  app.use((request, response, next) => {
    onHeaders(response, function () {
      const { name } = request.query;
      if (name !== undefined) this.setHeader('x-name', name);
    });
    next();
  });
}

async function configureFastify(fastify) {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const { name } = request.query;
    if (name !== undefined) reply.header('x-name', name);
    done();
  });
  await fastify.register(fastifyCookie);
  await fastify.register(fastifySession, {
    secret: SECRET,
    cookie: { secure: false },
    store: new SlowStore(),
  });
}

decorate();
const options = { logger: false };
const app =
  platform === 'express'
    ? await NestFactory.create(AppModule, options)
    : await NestFactory.create(AppModule, new FastifyAdapter(), options);
if (platform === 'express') configureExpress(app);
else await configureFastify(app.getHttpAdapter().getInstance());
app.useGlobalInterceptors(new StepInterceptor());
app.useGlobalFilters(new AsyncFilter(app.getHttpAdapter()));
await app.listen(0, '127.0.0.1');
// The parent is gone.
process.on('disconnect', () => process.exit());
process.on('message', async ({ id, inject }) => {
  const response = await app.inject(inject);
  const { statusCode, headers } = response;
  let body = '';
  if (inject.payloadAsStream !== true) body = response.body;
  else for await (const chunk of response.stream()) body += String(chunk);
  process.send({ id, statusCode, headers, body });
});
const { port } = app.getHttpServer().address();
process.send({ url: `http://127.0.0.1:${port}` });
