import { markOrigin, originOf } from './data-origin.js';

describe('the origin of data', () => {
  it.each<[string, object]>([
    ['an object', { a: 1 }],
    ['an array', [1, 2]],
  ])('A3 stays with %s, and with none of its copies', (_what, data) => {
    const origin = {};
    const before = JSON.stringify(data);
    markOrigin(data, origin);
    Object.freeze(data);

    expect(originOf(data)).toBe(origin);
    expect(originOf(structuredClone(data))).toBeUndefined();
    expect(originOf({ ...data })).toBeUndefined();
    expect(JSON.stringify(data)).toBe(before);
    expect(Reflect.ownKeys(data)).toEqual(
      Reflect.ownKeys(structuredClone(data)),
    );
  });

  it('is nobody’s where nothing was said', () => {
    for (const value of [{}, [], Object.create(null) as object, new Map()])
      expect(originOf(value)).toBeUndefined();
  });
});
