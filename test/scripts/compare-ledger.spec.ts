import { Ledger, type Sighting } from '../../bench/src/compare/ledger.js';

describe('the ledger of npm run compare', () => {
  const ledger = new Ledger();
  const early = ledger.begin('a');
  ledger.settle(early, 'acknowledged');
  const since = performance.now();
  const [one, two, refused] = [
    ledger.begin('a'),
    ledger.begin('a'),
    ledger.begin('b'),
  ];
  ledger.settle(one, 'acknowledged');
  ledger.settle(two, 'acknowledged');
  ledger.settle(refused, 'failed');

  const saw = (key: string): Sighting => ({
    kind: 'event',
    key,
    at: performance.now(),
  });
  const told = (at: number): Sighting => ({ kind: 'told', at });
  const count = (...sightings: Sighting[]) => ledger.count([sightings], since);
  const clean = {
    acknowledged: 2,
    failed: 1,
    missingSilently: 0,
    missingTold: 0,
    twice: 0,
    reordered: 0,
  };

  it.each([
    ['nothing when all came once and in order', [saw(one), saw(two)], {}],
    ['what is missing', [saw(two)], { missingSilently: 1 }],
    [
      'what is missing and was told afterwards',
      [saw(two), told(Infinity)],
      { missingTold: 1 },
    ],
    [
      'what is missing and was not told, but something before it',
      [told(since - 1), saw(two)],
      { missingSilently: 1 },
    ],
    ['what came twice', [saw(one), saw(two), saw(one)], { twice: 1 }],
    ['what came in another order', [saw(two), saw(one)], { reordered: 1 }],
    [
      'nothing of what was published before everybody was there',
      [saw(early), saw(early), saw(one), saw(two)],
      {},
    ],
  ])('counts %s', (_what, sightings, expected) => {
    expect(count(...sightings)).toEqual({ ...clean, ...expected });
  });

  it('counts what two clients miss twice', () => {
    expect(ledger.count([[saw(one)], [saw(one)]], since)).toEqual({
      ...clean,
      missingSilently: 2,
    });
  });
});
