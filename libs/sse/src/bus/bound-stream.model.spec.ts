import fc from 'fast-check';
import type { EventLog } from '../log/event-log.js';
import { memoryEventLog } from '../log/memory/memory-event-log.js';
import { Play, SlowLog, type Client, type Step } from './bound-stream.play.js';

const topic = fc.constantFrom('a', 'b.x', 'other');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      topic,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  fc.record({ do: fc.constant('transient' as const), topic }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut' as const,
        'congest' as const,
        'drain' as const,
        'resubscribe' as const,
        'settle' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tell' as const) }) },
);

/** Plays a schedule, and gives what the client got beside what was published for it. */
async function play(log: EventLog, steps: readonly Step[]): Promise<Play> {
  const play = new Play(log);
  await play.begin();
  for (const one of steps) await play.perform(one);
  await play.end();
  return play;
}

/** The events of a client's topics that stand behind a gap which no reset has announced. */
function gapsWithoutReset(
  got: Client['got'],
  ours: readonly number[],
): number[] {
  const gaps: number[] = [];
  let expected = 0;
  let hasReset = false;
  for (const one of got) {
    if (one === 'reset') hasReset = true;
    if (typeof one === 'string') continue;
    if (one !== ours[expected] && !hasReset) gaps.push(one);
    expected = ours.indexOf(one) + 1;
    hasReset = false;
  }
  // At the end the client has the newest, or was told that it has not.
  if (expected < ours.length && !hasReset) gaps.push(Infinity);
  return gaps;
}

function offsetsOf(client: Client): number[] {
  return client.got.filter((one) => typeof one === 'number');
}

describe.each([
  [
    'that answers at once',
    (maxEvents: number) => memoryEventLog({ maxEvents }),
  ],
  ['that answers late', (maxEvents: number) => new SlowLog(maxEvents)],
])('a bound stream of a log %s', (_name, open) => {
  it('R2 delivers every event once and in order, however it is cut, congested and subscribed again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { client, published } = await play(open(100_000), steps);
        const expected = published.filter(({ isOurs }) => isOurs);

        expect(offsetsOf(client)).toEqual(expected.map(({ offset }) => offset));
        expect(client.got).not.toContain('reset');
      }),
      { numRuns: 300 },
    );
  });

  it('R3 never leaves a gap without a reset before it, nor goes back, where the log is trimmed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { client, published } = await play(open(3), steps);
        const ours = published
          .filter(({ isOurs }) => isOurs)
          .map(({ offset }) => offset);
        const offsets = offsetsOf(client);

        expect(gapsWithoutReset(client.got, ours)).toEqual([]);
        expect(ours).toEqual(expect.arrayContaining(offsets));
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('R6 delivers no transient event twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { client } = await play(open(100_000), steps);
        const transients = client.got.filter(
          (one) => typeof one === 'string' && one !== 'reset',
        );
        expect(transients).toEqual([...new Set(transients)]);
      }),
      { numRuns: 100 },
    );
  });
});
