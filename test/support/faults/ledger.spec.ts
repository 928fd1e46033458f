import { Ledger, type Sighting } from './ledger.js';

const event = (key: string, id: string): Sighting => ({
  kind: 'event',
  key,
  id,
});
const place = (id: string): Sighting => ({ kind: 'place', id });
const reset: Sighting = { kind: 'reset', reason: 'epoch' };

describe('the ledger of the fault tests', () => {
  const ledger = new Ledger();
  for (const offset of [1, 2, 3])
    ledger.note(`e${offset}`, { state: 'published', id: `x.${offset * 10}` });
  ledger.note('no', { state: 'rejected' });
  ledger.note('perhaps', { state: 'unknown' });
  const [one, two, three] = [1, 2, 3].map((n) => event(`e${n}`, `x.${n * 10}`));
  const of = (...sightings: Sighting[]) => ledger.violations([sightings]);

  it.each([
    ['all in order', [one!, two!, three!]],
    [
      'what may have been published, once',
      [one!, two!, event('perhaps', 'x.25'), three!],
    ],
    ['a reset before the gap', [one!, reset, three!]],
    ['a reset and a new epoch', [one!, reset, place('y.1')]],
    ['the same place again', [one!, place('x.10'), two!, place('x.20')]],
  ])('finds nothing wrong with %s', (_name, sightings) => {
    expect(of(...sightings)).toEqual([]);
  });

  it.each([
    ['a gap', [one!, three!], 'missed e2'],
    ['a gap behind a place', [place('x.10'), three!], 'missed e2'],
    ['a gap before a place', [one!, place('x.30')], 'missed e2'],
    ['a gap behind a reset', [reset, place('x.10'), three!], 'missed e2'],
    ['an event twice', [one!, two!, reset, two!], 'saw e2 twice'],
    ['another order', [two!, one!], 'saw x.10 behind x.20'],
    ['what was rejected', [event('no', 'x.40')], 'which was rejected'],
    ['another id', [event('e1', 'x.70')], 'and not x.10'],
    ['a new epoch without a reset', [one!, place('y.1')], 'without a reset'],
  ])('finds %s', (_name, sightings, expected) => {
    expect(of(...sightings).join('\n')).toContain(expected);
  });

  it('finds that two clients saw one event at different places', () => {
    const sightings = [[event('perhaps', 'x.4')], [event('perhaps', 'x.5')]];
    expect(ledger.violations(sightings).join()).toContain('and not x.4');
  });
});
