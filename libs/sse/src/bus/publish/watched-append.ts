import type { AppendResult } from '../../log/event-log.js';
import type { ObservedPublish, PublishObserver } from '../bus-observer.js';
import type { Publication } from './publication.js';

/**
 * Publishes while observers look on.
 * @param append publishes, with what the records say of where they come from
 */
export async function watchedAppend(
  observers: Iterable<PublishObserver>,
  publications: readonly Publication[],
  append: (trace: string | undefined) => Promise<readonly AppendResult[]>,
): Promise<readonly AppendResult[]> {
  const watching: ObservedPublish[] = [];
  for (const one of observers) watching.push(one.onPublish(publications));
  try {
    // No await before: the order of calls is the order of the log.
    const trace = watching.find((one) => one.trace !== undefined)?.trace;
    const results = await append(trace);
    for (const one of watching) one.onDone();
    return results;
  } catch (error) {
    for (const one of watching) one.onFailed(error);
    throw error;
  }
}
