import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  HttpStatus,
  NotFoundException,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import { SseException } from '../base/exception.js';

/** The HTTP form of what a client may know; anything else stays as it is, and becomes a 500. */
export function toHttpError(error: unknown): unknown {
  if (!(error instanceof SseException)) return error;
  const body = { code: error.code, message: error.message };
  const options = { cause: error };
  switch (error.code) {
    // Mostly a topic that was made of a parameter of the request.
    case 'INVALID_TOPIC':
    case 'TOO_MANY_TOPICS':
      return new BadRequestException(body, options);
    case 'UNAUTHENTICATED':
      return new UnauthorizedException(body, options);
    case 'TOPIC_FORBIDDEN':
      return new ForbiddenException(body, options);
    case 'NO_SUCH_SUBSCRIPTION':
      return new NotFoundException(body, options);
    // What clients of resumable answers expect, and native EventSource takes for "stop".
    case 'NO_SUCH_RUN':
      return new HttpException('', HttpStatus.NO_CONTENT, options);
    case 'RUN_LIMIT':
    case 'TOO_MANY_STREAMS':
    case 'TOO_MANY_TICKETS':
      return new HttpException(body, HttpStatus.TOO_MANY_REQUESTS, options);
    // The message names the engine's address, which is nobody's business.
    case 'LOG_UNAVAILABLE':
      return new ServiceUnavailableException(
        { code: error.code, message: 'The event log cannot be reached.' },
        options,
      );
    case 'SERVER_FULL':
    case 'SHUTTING_DOWN':
      return new ServiceUnavailableException(body, options);
    default:
      return error;
  }
}
