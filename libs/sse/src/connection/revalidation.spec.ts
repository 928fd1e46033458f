import { AsyncResource } from 'node:async_hooks';
import type { SsePrincipal } from '../event/principal.js';
import { Revalidation, type RevalidatedStream } from './revalidation.js';

const MINUTE = 60_000;

type Answer = (principal: SsePrincipal | undefined) => void;

/** A stream whose authenticator answers when the test says so, or never. */
class FakeStream implements RevalidatedStream {
  readonly isOver = false;
  readonly route = 'Controller.stream';
  readonly principal: SsePrincipal = { id: 'ann' };
  readonly questions: Answer[] = [];
  readonly renewals: SsePrincipal[] = [];
  readonly refusals: unknown[] = [];
  expiries = 0;
  readonly session = {
    principal: this.principal,
    context: new AsyncResource('FakeStream'),
    revalidateMs: MINUTE,
    revalidate: () =>
      new Promise<SsePrincipal | undefined>((resolve) =>
        this.questions.push(resolve),
      ),
  };
  readonly binding = { authorise: () => Promise.resolve() };

  onRenewed(principal: SsePrincipal): void {
    this.renewals.push(principal);
  }

  onExpired(): void {
    this.expiries++;
  }

  onRefused(error: unknown): void {
    this.refusals.push(error);
  }
}

const settled = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('Revalidation', () => {
  let stream: FakeStream;
  let revalidation: Revalidation;

  beforeEach(() => {
    stream = new FakeStream();
    revalidation = new Revalidation(stream);
  });

  it('A4 asks once more after an answer that may be from before a change', async () => {
    revalidation.request(0);
    revalidation.request(1);
    revalidation.request(2);
    expect(stream.questions).toHaveLength(1);
    stream.questions[0]!({ id: 'ann' });
    await settled();
    expect(stream.questions).toHaveLength(2);
    stream.questions[1]!(undefined);
    await settled();
    expect(stream.questions).toHaveLength(2);
    expect(stream.refusals).toHaveLength(1);
  });

  it('A4 takes a principal whose time is over for expired, not for refused', async () => {
    revalidation.request(0);
    stream.questions[0]!({ id: 'ann', expiresAt: Date.now() - 1 });
    await settled();
    expect(stream.expiries).toBe(1);
    expect(stream.renewals).toEqual([]);
    expect(stream.refusals).toEqual([]);
  });

  it('A4 asks again where an answer never came', async () => {
    revalidation.request(0);
    revalidation.request(MINUTE);
    expect(stream.questions).toHaveLength(2);
    stream.questions[1]!(undefined);
    await settled();
    expect(stream.refusals).toHaveLength(1);
  });

  it('A4 takes a late answer unless a later question was answered before it', async () => {
    for (let minute = 0; minute < 3; minute++)
      revalidation.request(minute * MINUTE);
    const answers = [1, 2, 3].map((hours) => ({
      id: 'ann',
      expiresAt: Date.now() + hours * 60 * MINUTE,
    }));
    stream.questions[1]!(answers[1]);
    await settled();
    stream.questions[0]!(undefined);
    await settled();
    stream.questions[2]!(answers[2]);
    await settled();
    expect(stream.renewals).toEqual([answers[1], answers[2]]);
    expect(stream.refusals).toEqual([]);
    revalidation.request(3 * MINUTE);
    expect(stream.questions).toHaveLength(4);
  });
});
