/** The form that a value has after it went through JSON: what subscribers see of an instance of an event class. */
export type Serialized<Value> = unknown extends Value
  ? Value
  : Value extends { toJSON(): infer Json }
    ? Serialized<Json>
    : Value extends (...args: never[]) => unknown
      ? never
      : Value extends readonly unknown[]
        ? { [Index in keyof Value]: Serialized<Value[Index]> }
        : Value extends object
          ? {
              [Key in keyof Value as JsonKey<Value, Key>]: Serialized<
                Value[Key]
              >;
            }
          : Value;

type JsonKey<Value, Key extends keyof Value> = Key extends symbol
  ? never
  : Value[Key] extends (...args: never[]) => unknown
    ? never
    : Key;
