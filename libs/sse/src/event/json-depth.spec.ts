import fc from 'fast-check';
import { assertJsonDepth, MAX_JSON_DEPTH } from './json-depth.js';

const nested = (levels: number, inner = '1'): string =>
  '['.repeat(levels) + inner + ']'.repeat(levels);

describe('how deep JSON may be nested', () => {
  it('B6 takes the deepest that is allowed, and no level more', () => {
    expect(() => assertJsonDepth(nested(MAX_JSON_DEPTH))).not.toThrow();
    for (const json of [
      nested(MAX_JSON_DEPTH + 1),
      '{"a":'.repeat(4_000) + '1' + '}'.repeat(4_000),
      `[${nested(10)},${nested(MAX_JSON_DEPTH)}]`,
    ]) {
      expect(() => assertJsonDepth(json)).toThrow(
        expect.objectContaining({ code: 'UNSERIALIZABLE_DATA' }),
      );
    }
  });

  it('B6 counts levels, not brackets: wide data and brackets in strings are no matter', () => {
    const wide = JSON.stringify(Array.from({ length: 5_000 }, () => [{}]));
    const text = '["{[\\"'.repeat(2_000) + '\\\\';
    expect(() => assertJsonDepth(wide)).not.toThrow();
    expect(() => assertJsonDepth(JSON.stringify(text))).not.toThrow();
    expect(() =>
      assertJsonDepth(JSON.stringify({ [text]: [text] })),
    ).not.toThrow();
  });

  it('B6 never mistakes what is in a string for a level', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('"', '\\', '[', ']', '{', 'x'), {
          maxLength: 40,
        }),
        (characters) => {
          const key = characters.join('');
          const most = nested(MAX_JSON_DEPTH - 2, JSON.stringify(key));
          const json = `[{${JSON.stringify(key)}:${most}}]`;
          expect(() => assertJsonDepth(json)).not.toThrow();
          expect(() => assertJsonDepth(`[${json}]`)).toThrow(/levels/);
        },
      ),
    );
  });
});
