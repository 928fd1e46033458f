import { HttpException, Logger } from '@nestjs/common';
import { logError } from '../base/log-error.js';
import { SseException } from '../base/exception.js';
import type { RunError } from './run-state.js';

const logger = new Logger('StreamRuns');

/** What a run's clients may know of its failure; the rest is for the log. */
export function runErrorOf(error: unknown): RunError {
  if (error instanceof SseException && error.code === 'RUN_LIMIT')
    return { code: error.code, message: error.message };
  if (error instanceof HttpException && error.getStatus() < 500)
    return { code: 'RUN_FAILED', message: error.message };
  logError(logger, 'The producer of a run failed', error);
  return { code: 'RUN_FAILED', message: 'The run failed on the server.' };
}
