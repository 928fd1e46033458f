/**
 * An object as class-transformer should see it: of the same class and with the same fields, each of which is
 * replaced when it is read. What is excluded is never read. Getters and methods run on the object itself, so that
 * private fields work.
 */
export function viewOf(
  value: object,
  replace: (field: unknown) => unknown,
): object {
  // An empty target, because a proxy must give what a frozen one holds.
  return new Proxy(Object.create(Object.getPrototypeOf(value)) as object, {
    get: (_target, key) => {
      const field: unknown = Reflect.get(value, key, value);
      if (key === 'constructor' || typeof key === 'symbol') return field;
      return typeof field === 'function'
        ? (field.bind(value) as unknown)
        : replace(field);
    },
    has: (_target, key) => key in value,
    ownKeys: () => Reflect.ownKeys(value),
    getOwnPropertyDescriptor: (_target, key) => {
      const own = Reflect.getOwnPropertyDescriptor(value, key);
      return own && { ...own, configurable: true };
    },
  });
}
