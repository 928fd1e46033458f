import {
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { SseException } from '../base/exception.js';
import { failureOf } from './stream-failure.js';

const HIDDEN = 'The stream failed on the server.';

describe('failureOf', () => {
  it.each<[string, unknown, object]>([
    [
      'hides any error',
      new Error('connect ECONNREFUSED 10.0.0.7'),
      { code: 'INTERNAL_ERROR', message: HIDDEN, retryable: true },
    ],
    [
      'hides what is no error',
      'secret',
      { code: 'INTERNAL_ERROR', message: HIDDEN, retryable: true },
    ],
    [
      'hides an HttpException of 5xx',
      new InternalServerErrorException('query failed: select'),
      { code: 'INTERNAL_ERROR', message: HIDDEN, retryable: true },
    ],
    [
      'shows an HttpException of 4xx',
      new NotFoundException('No such order'),
      { code: 'NOT_FOUND', message: 'No such order', retryable: false },
    ],
    [
      'shows a 403 as final',
      new ForbiddenException('Not yours'),
      { code: 'FORBIDDEN', message: 'Not yours', retryable: false },
    ],
    [
      'lets a client try again after a 429',
      new HttpException('Slow down', 429),
      { code: 'TOO_MANY_REQUESTS', message: 'Slow down', retryable: true },
    ],
    [
      'names a status that Nest does not know',
      new HttpException('Enhance your calm', 420),
      { code: 'HTTP_420', message: 'Enhance your calm', retryable: false },
    ],
    [
      'shows what was written for clients',
      new SseException('TOPIC_FORBIDDEN', 'You may not read orders.42.'),
      {
        code: 'TOPIC_FORBIDDEN',
        message: 'You may not read orders.42.',
        retryable: false,
      },
    ],
    [
      'hides the text of mistakes in the code',
      new SseException('INVALID_MESSAGE', 'The type holds CR'),
      { code: 'INVALID_MESSAGE', message: HIDDEN, retryable: false },
    ],
    [
      'lets a client try again where another stream came in its way',
      new SseException('FOREIGN_BUS_STREAM', 'It is bound to another one.'),
      { code: 'FOREIGN_BUS_STREAM', message: HIDDEN, retryable: true },
    ],
  ])('W4 %s', (_what, error, expected) => {
    const { isExpected, ...failure } = failureOf(error);
    expect(failure).toEqual(expected);
    expect(isExpected).toBe(failure.message !== HIDDEN);
  });
});
