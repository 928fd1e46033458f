import { SseException } from '../../base/exception.js';
import type { TopicSelector } from '../../event/topic.js';

/** RxJS alone takes some ten frames for each operator. */
const MAX_FRAMES = 100;

/**
 * Refuses a stream that Nest itself subscribes to: the handler of a route that is no `@SseStream()` has returned
 * it. `@Get()` would wait for its end, which never comes; `@Sse()` would send what nobody has authorised, without
 * ids to resume from. Only the stack tells: nothing of the request has come here.
 * @param subscribe the function that Nest, or RxJS for it, has called
 * @throws SseException `NO_STREAM_CONTEXT`
 */
export function refuseNest(
  subscribe: Function,
  { topics, patterns }: TopicSelector,
): void {
  if (!isCalledByNest(subscribe)) return;
  const names = [...topics, ...patterns.map(String)].join(', ');
  throw new SseException(
    'NO_STREAM_CONTEXT',
    `A handler that is no @SseStream() route returned bus.stream() of ${names}. Decorate it with @SseStream() ` +
      'instead of @Sse(), @Get() and the like; or open the stream with { live: true }, for live events without ' +
      'authorisation and resume.',
  );
}

function isCalledByNest(subscribe: Function): boolean {
  const before = Error.stackTraceLimit;
  const holder: { readonly stack?: string } = {};
  try {
    Error.stackTraceLimit = MAX_FRAMES;
    Error.captureStackTrace(holder, subscribe);
  } finally {
    Error.stackTraceLimit = before;
  }
  const frames = holder.stack?.split('\n').slice(1) ?? [];
  const caller = frames.find((frame) => !OF_RXJS.test(frame));
  return caller !== undefined && OF_NEST.test(caller);
}

/** `lastValueFrom()` subscribes in a Promise's executor. */
const OF_RXJS = /[\\/]rxjs[\\/]|new Promise \(<anonymous>\)/;

const OF_NEST = /[\\/]@nestjs[\\/]core[\\/]/;
