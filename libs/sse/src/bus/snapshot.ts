import { isObservable } from 'rxjs';
import type { StreamBinding } from './stream-binding.js';
import type { BusStreamOptions, SnapshotUpTo } from './stream-options.js';
import type { StreamScope } from './stream-scope.js';

/**
 * Runs a snapshot in its subscriber's context and sends what it gives.
 * @returns the id up to where it goes, if it says so
 */
export async function sendSnapshot(
  snapshot: NonNullable<BusStreamOptions['snapshot']>,
  binding: StreamBinding,
  scope: StreamScope,
): Promise<string | undefined> {
  const { value } = await new Promise<{ value: unknown }>((resolve, reject) => {
    scope.run(() => {
      // Wrapped, so that a promise does not take the value for one of its own.
      Promise.resolve()
        .then(() => snapshot())
        .then((result) => resolve({ value: result }), reject);
    });
  });
  if (isUpTo(value)) {
    binding.sendValue({ data: value.data });
    return value.after;
  }
  if (isObservable(value)) {
    await new Promise<void>((resolve, reject) => {
      value.subscribe({
        next: (one) => binding.sendValue(one),
        error: reject,
        complete: resolve,
      });
    });
  } else if (isSequence(value)) {
    for await (const one of value) {
      binding.sendValue(one);
      if (!binding.isWritable)
        await new Promise<void>((resolve) => binding.whenWritable(resolve));
    }
  } else {
    binding.sendValue(value);
  }
  return undefined;
}

function isUpTo(value: unknown): value is SnapshotUpTo {
  return (
    typeof value === 'object' &&
    value !== null &&
    'data' in value &&
    typeof (value as Partial<SnapshotUpTo>).after === 'string' &&
    Object.keys(value).length === 2
  );
}

// Iterators, not collections: an array, a Map or a Set is one value.
function isSequence(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Symbol.asyncIterator in value) return true;
  return (
    Symbol.iterator in value &&
    typeof (value as { next?: unknown }).next === 'function'
  );
}
