import { Logger } from '@nestjs/common';

let hasWarned = false;

/** Says once in a process that nobody will say farewell to its streams. */
export function warnWithoutShutdownHooks(): void {
  if (hasWarned || process.listenerCount('SIGTERM') > 0) return;
  hasWarned = true;
  new Logger('SseModule').warn(
    'Streams are open, but nothing listens to SIGTERM: call app.enableShutdownHooks(), or open streams ' +
      'will be cut without a farewell when the process is stopped.',
  );
}
