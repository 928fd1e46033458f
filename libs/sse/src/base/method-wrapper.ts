/**
 * Makes a wrapper pass for the method that it stands in for: its name, its parameters, and what decorators below have said
 * of it. Decorators above speak of the wrapper, as it is what the class has from then on.
 */
export function passFor<F extends Function>(wrapper: F, original: Function): F {
  for (const key of Reflect.getOwnMetadataKeys(original) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), wrapper);
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(wrapper, property, {
      value: original[property],
      configurable: true,
    });
  }
  return wrapper;
}
