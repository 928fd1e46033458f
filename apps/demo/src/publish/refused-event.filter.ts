import {
  Catch,
  HttpStatus,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SseException, type SseErrorCode } from 'nestjs-event-stream';

const statuses: Partial<Record<SseErrorCode, HttpStatus>> = {
  INVALID_EVENT: HttpStatus.BAD_REQUEST,
  INVALID_TOPIC: HttpStatus.BAD_REQUEST,
  INVALID_MESSAGE: HttpStatus.BAD_REQUEST,
  EVENT_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
};

/** Says to the one who posted what the bus refused, with the problems by field. */
@Catch(SseException)
export class RefusedEventFilter implements ExceptionFilter<SseException> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch({ code, message, details }: SseException, host: ArgumentsHost): void {
    const problems: Record<string, string[]> = {};
    for (const { path, message: problem } of details) {
      (problems[path] ??= []).push(problem);
    }
    const status = statuses[code] ?? HttpStatus.SERVICE_UNAVAILABLE;
    const isTheirs = code in statuses;
    this.adapterHost.httpAdapter.reply(
      host.switchToHttp().getResponse(),
      {
        statusCode: status,
        code,
        message: isTheirs ? message : 'The event could not be published.',
        problems,
      },
      status,
    );
  }
}
