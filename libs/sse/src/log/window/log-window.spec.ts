import fc from 'fast-check';
import { EventRecord } from '../../event/event-record.js';
import { pattern, selects, type TopicSelector } from '../../event/topic.js';
import { endTopicOf, SelectorWithEnds } from '../control-topic.js';
import { LogWindow, type WindowRetention } from './log-window.js';

const KEEP_ALL: WindowRetention = {
  maxEvents: 1_000_000,
  maxAgeMs: false,
  maxBytes: 1_000_000_000,
  perPattern: {},
};

/** How often a window looked at a record's place. */
let looks = 0;

class WatchedRecord extends EventRecord {
  override get order(): number {
    looks++;
    return super.order;
  }
}

function recordOf(topic: string, offset: number): EventRecord {
  return new WatchedRecord({
    topic,
    type: 'message',
    json: String(offset),
    publishedAt: Date.now(),
    epoch: 'e',
    offset,
  });
}

function topics(...names: string[]): TopicSelector {
  return { topics: names, patterns: [] };
}

/** Reads to the end, and counts what was looked at on the way. */
function readAll(
  window: LogWindow,
  selector: TopicSelector,
  { after = 0, until = 1e9, limit = 256 } = {},
): { offsets: number[]; looks: number; reads: number } {
  const offsets: number[] = [];
  looks = 0;
  let reads = 0;
  for (let place = after; place < until; reads++) {
    const { records, through } = window.read({
      after: place,
      until,
      selector,
      limit,
    });
    expect(records.length).toBeLessThanOrEqual(limit);
    expect(through).toBeGreaterThan(place);
    offsets.push(...records.map(({ offset }) => offset!));
    place = through;
  }
  return { offsets, looks, reads };
}

describe('the window of a log', () => {
  it('R2 reads exactly what a selector covers, in order, whatever else is kept and in steps of any size', () => {
    const token = fc.constantFrom('a', 'b', 'c');
    const topic = fc
      .array(token, { minLength: 1, maxLength: 3 })
      .map((tokens) => tokens.join('.'));
    const wild = fc
      .tuple(
        fc.array(fc.constantFrom('a', 'b', 'c', '*'), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.boolean(),
      )
      .map(([tokens, isOpen]) =>
        pattern([...tokens, ...(isOpen ? ['>'] : [])].join('.')),
      );
    fc.assert(
      fc.property(
        fc.array(topic, { maxLength: 60 }),
        fc.uniqueArray(topic, { maxLength: 12 }),
        fc.array(wild, { maxLength: 3 }),
        fc.constantFrom<WindowRetention['perPattern']>(
          {},
          { 'a.>': {} },
          { 'a.*': {}, '*.b': {} },
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(60),
        fc.boolean(),
        (events, literal, patterns, perPattern, limit, after, withEnds) => {
          const window = new LogWindow({ ...KEEP_ALL, perPattern });
          const own = { topics: literal, patterns };
          const selector = withEnds ? new SelectorWithEnds(own) : own;
          // Every fifth is the end of its topic.
          const published = events.map((name, index) =>
            index % 5 === 4 ? endTopicOf(name) : name,
          );
          const expected: number[] = [];
          published.forEach((name, index) => {
            // Offsets with gaps, as engines have them.
            const offset = 3 * index + 1;
            window.append(recordOf(name, offset));
            if (offset > after && selects(selector, name))
              expected.push(offset);
          });
          const until = 3 * published.length + 1;
          expect(
            readAll(window, selector, { after, until, limit }).offsets,
          ).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('B7 says of exactly those selectors that something is gone whose topics were trimmed', () => {
    const window = new LogWindow({
      ...KEEP_ALL,
      perPattern: { 'noisy.*': { maxEvents: 2 } },
    });
    window.append(recordOf('quiet', 1));
    for (let offset = 2; offset < 7; offset++)
      window.append(recordOf('noisy.a', offset));
    window.append(recordOf('$end.noisy.b', 7));

    expect(window.isComplete(0, topics('quiet'))).toBe(true);
    expect(window.isComplete(4, topics('quiet', 'noisy.none'))).toBe(false);
    expect(window.isComplete(5, topics('$end.noisy.a'))).toBe(true);
    expect(
      window.isComplete(0, { topics: [], patterns: [pattern('noisy.>')] }),
    ).toBe(false);
    expect(
      window.isComplete(0, { topics: [], patterns: [pattern('quiet.*')] }),
    ).toBe(true);
  });

  it('B8 looks for one topic among 100,000 events at its own only', () => {
    const window = new LogWindow(KEEP_ALL);
    for (let offset = 1; offset <= 100_000; offset++)
      window.append(recordOf(`t.${offset % 100}`, offset));

    const read = readAll(window, topics('t.7', '$end.t.7'), { limit: 1000 });
    expect(read.offsets).toHaveLength(1000);
    expect(read.looks).toBeLessThan(5 * 1000);
  });

  it('B8 reads 1,000 topics with little more work than one', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `t.${index}`);
    const selector = new SelectorWithEnds(topics(...names));
    for (const others of [0, 20_000]) {
      const window = new LogWindow(KEEP_ALL);
      let offset = 0;
      for (let round = 0; round < 2; round++) {
        for (const name of names) window.append(recordOf(name, ++offset));
        for (let other = 0; other < others; other++)
          window.append(recordOf(`other.${other % 50}`, ++offset));
      }
      const read = readAll(window, selector, { limit: 1000, until: offset });
      expect(read.offsets).toHaveLength(2000);
      expect(read.looks).toBeLessThan(60 * 2000);
    }
  });

  it.each([
    ['one pattern beside 12,000 topics', 12_000, 1],
    ['8,000 patterns', 0, 8_000],
  ])(
    'B8 looks a bounded number of times in one read with %s',
    (_title, count, patterns) => {
      const window = new LogWindow(KEEP_ALL);
      for (let offset = 1; offset <= 20_000; offset++)
        window.append(recordOf(`other.${offset}`, offset));
      const selector = {
        topics: Array.from({ length: count }, (_, index) => `t.${index}`),
        patterns: Array.from({ length: patterns }, (_, index) =>
          pattern(`p${index}.*`),
        ),
      };
      looks = 0;
      const result = window.read({
        after: 0,
        until: 20_000,
        selector,
        limit: 256,
      });
      expect(result.records).toEqual([]);
      expect(result.through).toBeGreaterThan(0);
      expect(looks).toBeLessThan(10_000);
    },
  );
});
