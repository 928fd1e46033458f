import { Readable } from 'node:stream';
import { isObservable, type Observable } from 'rxjs';
import { SseException } from '../../base/exception.js';

/** Something that is pulled, one value at a time. */
export interface PullSource {
  next(): Promise<IteratorResult<unknown>> | IteratorResult<unknown>;
  /** Lets go of what the source holds. */
  return(): void;
}

/** What a handler gave: pushed or pulled. */
export type Source =
  | { readonly kind: 'push'; readonly observable: Observable<unknown> }
  | { readonly kind: 'pull'; readonly source: PullSource };

/**
 * Tells what a handler returned.
 * @throws SseException `NOT_A_STREAM`
 */
export function toSource(value: unknown, route: string): Source {
  if (isObservable(value)) return { kind: 'push', observable: value };
  if (typeof value === 'object' && value !== null) {
    if (isWebStream(value)) return { kind: 'pull', source: pullReader(value) };
    if (isNodeStream(value))
      return { kind: 'pull', source: pullReadable(value) };
    if (Symbol.asyncIterator in value) {
      return {
        kind: 'pull',
        source: pullIterator(
          (value as AsyncIterable<unknown>)[Symbol.asyncIterator](),
        ),
      };
    }
    if (Symbol.iterator in value) {
      return {
        kind: 'pull',
        source: pullIterator((value as Iterable<unknown>)[Symbol.iterator]()),
      };
    }
  }
  throw new SseException(
    'NOT_A_STREAM',
    `${route} is an @SseStream() route, and its handler returned ${describe(value)}. Return an Observable, ` +
      'a Promise of one, an (async) iterable or generator, or a ReadableStream; a single value as [value].',
  );
}

/** Lets go of what a handler gave when nobody is left to read it: its client left while it was at work. */
export function discardSource(value: unknown, route: string): void {
  try {
    const source = toSource(value, route);
    if (source.kind === 'pull') source.source.return();
  } catch {
    // No stream, or one that cannot be taken: nothing is held.
  }
}

function pullIterator(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
): PullSource {
  return {
    next: () => iterator.next(),
    return: () => {
      // A generator that is still waiting takes the call after it; nobody is left to hear of its end.
      void (async () => iterator.return?.())().catch(() => undefined);
    },
  };
}

/** A readable stream of Node's own or of a package such as readable-stream, old ones without an iterator included. */
interface NodeStream extends NodeJS.EventEmitter {
  pipe(destination: NodeJS.WritableStream): unknown;
  destroy(): unknown;
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
}

// By what they can do: each copy of the package has a class of its own, and so has each realm. A response, which has
// most of it, cannot be read.
function isNodeStream(value: object): value is NodeStream {
  const can = (name: string): boolean =>
    typeof (value as Record<string, unknown>)[name] === 'function';
  const isReadable =
    can('read') || (value as { readable?: unknown }).readable === true;
  return isReadable && can('pipe') && can('on') && can('destroy');
}

function isWebStream(value: object): value is ReadableStream<unknown> {
  return typeof (value as { getReader?: unknown }).getReader === 'function';
}

// The return() of its iterator would wait for a stream that is silent, and keep open what is under it.
function pullReadable(stream: NodeStream): PullSource {
  const iterable = Symbol.asyncIterator in stream ? stream : wrapped(stream);
  const { next } = pullIterator(iterable[Symbol.asyncIterator]!());
  return {
    next,
    // One that was never read has nobody who hears its error, which would end the process.
    return: () => void stream.on('error', ignore).destroy(),
  };
}

function wrapped(stream: NodeStream): Readable {
  // `wrap` needs what was checked before, and not all of Node's own class.
  return new Readable({ objectMode: true }).wrap(
    stream as unknown as NodeJS.ReadableStream,
  );
}

function pullReader(stream: ReadableStream<unknown>): PullSource {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    return: () => {
      reader.cancel().catch(() => undefined);
    },
  };
}

function ignore(): void {}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'object')
    return `an object (${value.constructor?.name ?? 'no class'})`;
  return `a ${typeof value}`;
}
