/** Gives back the object it is called with, so that a class which extends it can put a private field on any object. */
class Returned {
  constructor(object: object) {
    return object;
  }
}

/** A mark that nothing can see, copy or take away. A WeakMap would say the same, and cost four times the parsing. */
class Marked extends Returned {
  readonly #origin: object;

  constructor(data: object, origin: object) {
    super(data);
    this.#origin = origin;
  }

  static originOf(data: object): object | undefined {
    return #origin in data ? data.#origin : undefined;
  }
}

/** Says what an object is the data of; once for each object, and before it is frozen. */
export function markOrigin(data: object, origin: object): void {
  void new Marked(data, origin);
}

/** What an object is the data of; undefined if it is nobody's. */
export function originOf(data: object): object | undefined {
  return Marked.originOf(data);
}
