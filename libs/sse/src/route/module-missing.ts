import { SseException } from '../base/exception.js';

/**
 * What to do where Nest makes something of a controller and finds no `SseModule`.
 * @param what the thing that needs it, as the beginning of a sentence
 */
export function moduleMissing(what: string): SseException {
  return new SseException(
    'INVALID_OPTIONS',
    `${what} needs SseModule, which is not there: write imports: [SseModule.forRoot()] in the root module, or, where it ` +
      "is not global, import it in the controller's module. In a unit test of the controller alone write imports: " +
      "[SseTestingModule.forRoot()], from 'nestjs-event-stream/testing'.",
  );
}
