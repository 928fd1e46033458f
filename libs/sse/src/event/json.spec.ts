import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { deepFreeze, toJson } from './json.js';

class User {
  readonly name: string;
  @Exclude() readonly password = 'secret';

  constructor(name: string) {
    this.name = name;
  }
}

class Order {
  @Type(() => User) readonly owner = new User('ann');
  readonly at = new Date(0);
  readonly tags = new Set(['a']);
  readonly counts = new Map([['a', 1]]);
  @Transform(({ value }) => `${value as number} EUR`) readonly price = 5;

  @Expose() get label(): string {
    return 'order';
  }
}

const refused = (text: RegExp) =>
  expect.objectContaining({
    code: 'UNSERIALIZABLE_DATA',
    message: expect.stringMatching(text) as string,
  }) as Error;

describe('toJson', () => {
  it('W6 leaves out what class-transformer excludes, wherever the instance is nested', () => {
    const ann = new User('ann');
    expect(toJson(ann)).toBe('{"name":"ann"}');
    expect(toJson([ann])).toBe('[{"name":"ann"}]');
    expect(toJson({ a: { b: [{ c: ann }] } })).toBe(
      '{"a":{"b":[{"c":{"name":"ann"}}]}}',
    );
    expect(JSON.parse(toJson(new Order()))).toEqual({
      owner: { name: 'ann' },
      at: '1970-01-01T00:00:00.000Z',
      tags: ['a'],
      counts: { a: 1 },
      price: '5 EUR',
      label: 'order',
    });
  });

  it('W6 leaves to values with a toJSON of their own what they become, beside an instance too', () => {
    const value = {
      at: new Date(0),
      link: new URL('https://example.org/'),
      bytes: Buffer.from('a'),
      own: { toJSON: () => 'own' },
    };
    const expected = {
      at: '1970-01-01T00:00:00.000Z',
      link: 'https://example.org/',
      bytes: { type: 'Buffer', data: [97] },
      own: 'own',
    };
    expect(JSON.parse(toJson(value))).toEqual(expected);
    expect(JSON.parse(toJson({ ...value, user: new User('ann') }))).toEqual({
      ...expected,
      user: { name: 'ann' },
    });
  });

  it('W1 keeps a key named __proto__ as data', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as object;
    expect(toJson({ value, user: new User('ann') })).toBe(
      '{"value":{"__proto__":{"a":1}},"user":{"name":"ann"}}',
    );
  });

  it.each<[string, () => unknown, RegExp]>([
    ['undefined', () => undefined, /undefined/],
    ['a function', () => () => 1, /function/],
    ['a BigInt', () => 1n, /BigInt/],
    ['a nested BigInt', () => ({ a: [1n] }), /BigInt/],
    ['a BigInt beside an instance', () => [new User('a'), 1n], /BigInt/],
    ['a Map', () => new Map([['a', 1]]), /Map.*Object\.fromEntries/],
    ['a nested Set', () => ({ a: new Set([1]) }), /Set/],
    ['bytes', () => new Uint8Array(2), /Uint8Array.*TextDecoderStream/],
    ['nested bytes', () => ({ a: [new Uint8Array(1)] }), /base64/],
    ['a Promise', () => Promise.resolve(1), /Promise; await it/],
    ['a nested Promise', () => ({ a: [Promise.resolve(1)] }), /Promise/],
    ['a cycle', cycle, /circular|refers to itself/i],
    [
      'a cycle beside an instance',
      () => [new User('a'), cycle()],
      /refers to itself/,
    ],
    ['a cycle of instances', instanceCycle, /refers to itself/],
    ['very deep data', () => nested(100_000), /nested too deeply/],
    [
      'a toJSON that throws',
      () => ({
        toJSON: () => {
          throw new Error('no such rate');
        },
      }),
      /no such rate/,
    ],
  ])('W1 refuses %s', (_what, value, text) => {
    expect(() => toJson(value())).toThrow(refused(text));
  });

  it('W7 leaves no rejection behind that would end the process', async () => {
    const unhandled: unknown[] = [];
    const collect = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', collect);
    const value = { rows: [Promise.reject(new Error('no such row'))] };
    expect(() => toJson(value)).toThrow(refused(/it holds a Promise/));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', collect);

    expect(unhandled).toEqual([]);
  });

  it('B6 freezes all the way down', () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(() => (value.a[0]!.b = 2)).toThrow(TypeError);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function cycle(): object {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

function instanceCycle(): object {
  const value = new User('a') as User & { friend?: unknown };
  value.friend = value;
  return value;
}
