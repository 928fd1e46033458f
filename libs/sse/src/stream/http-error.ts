import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import { SseException } from '../event/exception.js';

/** The HTTP form of what a client may know; anything else stays as it is, and becomes a 500. */
export function toHttpError(error: unknown): unknown {
  if (!(error instanceof SseException)) return error;
  const body = { code: error.code, message: error.message };
  if (error.code === 'UNAUTHENTICATED')
    return new UnauthorizedException(body, { cause: error });
  if (error.code === 'TOPIC_FORBIDDEN')
    return new ForbiddenException(body, { cause: error });
  return error;
}
