import {
  asapScheduler,
  audit,
  buffer,
  catchError,
  combineLatest,
  concat,
  concatMap,
  connect,
  debounceTime,
  defer,
  delay,
  delayWhen,
  EMPTY,
  exhaustMap,
  expand,
  finalize,
  firstValueFrom,
  forkJoin,
  from,
  iif,
  map,
  merge,
  mergeMap,
  mergeScan,
  NEVER,
  Observable,
  observeOn,
  of,
  partition,
  publishReplay,
  race,
  refCount,
  repeat,
  retry,
  sample,
  scan,
  share,
  shareReplay,
  skipUntil,
  Subject,
  subscribeOn,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timeout,
  timer,
  toArray,
  using,
  withLatestFrom,
  zip,
} from 'rxjs';
import type { ConnectionPort } from './connection-port.js';
import { subscribeFor } from './consumer.js';
import { GuardedObservable } from './guarded-observable.js';
import { runFor, runHandler } from './handler-context.js';
import { BoundGuard } from './subscription-guard.js';

const port = (route: string) => ({ route }) as unknown as ConnectionPort;
const ANN = port('ann');
const BOB = port('bob');

type Form = (events: Observable<string>) => Observable<unknown>;

/** Ways to put a stream into another one, at once or later. */
const FORMS: Record<string, Form> = {
  itself: (events) => events,
  map: (events) => events.pipe(map((one) => ({ data: one }))),
  'many operators': (events) =>
    events.pipe(
      map((one) => one),
      scan((all, one) => all + one, ''),
      finalize(() => undefined),
      debounceTime(0),
      delay(0),
      observeOn(asapScheduler),
      timeout(60_000),
      toArray(),
    ),
  share: (events) => events.pipe(share()),
  shareReplay: (events) =>
    events.pipe(
      map((one) => one),
      shareReplay(1),
    ),
  publishReplay: (events) => events.pipe(publishReplay(1), refCount()),
  connect: (events) =>
    events.pipe(connect((shared) => merge(shared, shared.pipe(delay(0))))),
  subscribeOn: (events) => events.pipe(subscribeOn(asapScheduler)),
  merge: (events) => merge(of('first'), events),
  concat: (events) => concat(of('first').pipe(delay(1)), events),
  combineLatest: (events) => combineLatest([of(1), events]),
  zip: (events) => zip([events, of(1)]),
  forkJoin: (events) => forkJoin({ events, one: of(1) }),
  race: (events) => race([events, NEVER]),
  defer: (events) => defer(() => events),
  'defer a promise': (events) =>
    defer(async () => events).pipe(mergeMap((one) => one)),
  iif: (events) => iif(() => true, events, NEVER),
  using: (events) =>
    using(
      () => ({ unsubscribe: () => undefined }),
      () => events,
    ),
  partition: (events) => partition(events, () => true)[0],
  'a timer': (events) => timer(1).pipe(switchMap(() => events)),
  'a promise': (events) =>
    from(Promise.resolve()).pipe(concatMap(() => events)),
  exhaustMap: (events) => of(1).pipe(exhaustMap(() => events)),
  mergeScan: (events) => of(1).pipe(mergeScan(() => events, 0 as unknown)),
  expand: (events) =>
    of('').pipe(expand((one) => (one === '' ? events : EMPTY))),
  catchError: (events) => throwError(() => 1).pipe(catchError(() => events)),
  'retry and repeat': (events) => events.pipe(retry(1), repeat(1)),
  withLatestFrom: (events) => timer(2).pipe(withLatestFrom(events)),
  'a notifier': (events) =>
    merge(
      timer(50).pipe(takeUntil(events)),
      timer(50).pipe(skipUntil(events)),
      of(1).pipe(sample(events)),
      of(1).pipe(buffer(events)),
      of(1).pipe(audit(() => events)),
      of(1).pipe(delayWhen(() => events)),
    ),
  'an Observable that hands its subscriber on': (events) =>
    new Observable((subscriber) => events.subscribe(subscriber)),
};

const FORM_NAMES = Object.keys(FORMS);

/** A stream of one connection that counts who got through to it. */
function boundTo(owner: ConnectionPort) {
  const state = { subscriptions: 0 };
  const stream = runHandler(
    owner,
    () =>
      new GuardedObservable<string>((subscriber) => {
        state.subscriptions++;
        subscriber.next('secret');
        subscriber.complete();
      }, new BoundGuard(owner)),
  );
  return { stream, state };
}

function consume(consumer: ConnectionPort, source: Observable<unknown>) {
  const values: unknown[] = [];
  return new Promise<{ values: unknown[]; error?: unknown }>((resolve) => {
    subscribeFor(consumer, source, {
      next: (value) => values.push(value),
      error: (error) => resolve({ values, error }),
      complete: () => resolve({ values }),
    });
  });
}

const refused = expect.objectContaining({ code: 'FOREIGN_BUS_STREAM' });

describe('who may subscribe to a bound stream', () => {
  it.each(FORM_NAMES)(
    'A3 refuses another connection, behind %s',
    async (form) => {
      const { stream, state } = boundTo(ANN);
      const { values, error } = await consume(BOB, FORMS[form]!(stream));

      expect(error).toEqual(refused);
      expect(state.subscriptions).toBe(0);
      expect(JSON.stringify(values)).not.toContain('secret');
    },
  );

  it.each(FORM_NAMES)(
    'B4 lets its own connection in, behind %s',
    async (form) => {
      const { stream, state } = boundTo(ANN);
      const { error } = await consume(ANN, FORMS[form]!(stream));

      expect(error).toBeUndefined();
      expect(state.subscriptions).toBeGreaterThan(0);
    },
  );

  it.each(FORM_NAMES)(
    'A3 tells by whom the values reach, not by the async context, behind %s',
    async (form) => {
      const own = boundTo(ANN);
      const foreign = boundTo(ANN);
      const inOther = runFor(BOB, () => consume(ANN, FORMS[form]!(own.stream)));
      const inOwner = runFor(ANN, () =>
        consume(BOB, FORMS[form]!(foreign.stream)),
      );

      expect((await inOther).error).toBeUndefined();
      expect((await inOwner).error).toEqual(refused);
      expect(foreign.state.subscriptions).toBe(0);
    },
  );

  it.each(['share', 'shareReplay', 'publishReplay'])(
    'A3 does not replay to another connection what is kept by %s',
    async (form) => {
      const { stream } = boundTo(ANN);
      const kept = FORMS[form]!(stream);
      await consume(ANN, kept);
      for (const outer of FORM_NAMES) {
        const { values, error } = await consume(
          BOB,
          FORMS[outer]!(kept as Observable<string>),
        );
        expect(error).toEqual(refused);
        expect(JSON.stringify(values)).not.toContain('secret');
      }
      expect((await consume(ANN, kept)).error).toBeUndefined();
    },
  );

  it("A3 takes another's switchMap that an own event has set off for what it is", async () => {
    const { stream, state } = boundTo(ANN);
    const visits = new Subject<void>();
    const bob = consume(BOB, visits.pipe(switchMap(() => stream)));
    await consume(ANN, of(1).pipe(tap(() => visits.next())));

    expect((await bob).error).toEqual(refused);
    expect(state.subscriptions).toBe(0);
  });

  describe('through an observer of the application', () => {
    const own = (events: Observable<unknown>) =>
      new Observable((subscriber) =>
        events.subscribe({
          next: (value) => subscriber.next(value),
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );

    it('B4 lets its connection in, at once and later', async () => {
      const { stream } = boundTo(ANN);
      expect((await consume(ANN, own(stream))).values).toEqual(['secret']);
      const later = timer(1).pipe(switchMap(() => own(stream)));
      expect((await consume(ANN, later)).values).toEqual(['secret']);
    });

    it('A3 refuses another connection, at once and later', async () => {
      const { stream, state } = boundTo(ANN);
      expect((await consume(BOB, own(stream))).error).toEqual(refused);
      const later = timer(1).pipe(switchMap(() => own(stream)));
      expect((await consume(BOB, later)).error).toEqual(refused);
      expect(state.subscriptions).toBe(0);
    });

    it('A3 refuses where nothing says for whom it is', async () => {
      const { stream } = boundTo(ANN);
      await expect(firstValueFrom(stream)).rejects.toEqual(refused);
      await expect(runFor(BOB, () => firstValueFrom(stream))).rejects.toEqual(
        refused,
      );
      expect(await runFor(ANN, () => firstValueFrom(stream))).toBe('secret');
    });

    it('A3 lets server code have what server code opened for a connection', async () => {
      const stream = new GuardedObservable<string>(
        (subscriber) => subscriber.next('meant'),
        new BoundGuard(ANN),
      );
      expect(await firstValueFrom(stream)).toBe('meant');
      expect((await consume(BOB, stream)).error).toEqual(refused);
    });
  });
});
