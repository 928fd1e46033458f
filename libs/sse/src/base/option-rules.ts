import { closestName } from './closest-name.js';
import { SseException, type SseProblem } from './exception.js';

/** What one option may be. `undefined` always stands for the default. */
export type OptionRule =
  | {
      readonly min?: number;
      readonly max?: number;
      readonly integer?: boolean;
      readonly orFalse?: boolean;
    }
  | { readonly type: 'boolean' | 'function' | 'string' }
  | { readonly oneOf: readonly string[] }
  /** A member of a numeric enum, which goes by this name. */
  | {
      readonly memberOf: Readonly<Record<string, string | number>>;
      readonly named: string;
    }
  | { readonly methods: readonly string[] }
  /** A rule of the option's own: gives what is wrong with a value, if anything is. */
  | { readonly check: (value: unknown) => string | undefined }
  /** An object with these methods, or the token of a provider that has them. */
  | { readonly provider: readonly string[] }
  | NestedRule
  | { readonly record: OptionRules };

interface NestedRule {
  readonly nested: OptionRules;
  readonly orFalse?: boolean;
  readonly required?: readonly string[];
  /** Two options of which the first must not be greater. */
  readonly ordered?: readonly [string, string];
  /** What to write in place of names that others use. */
  readonly instead?: Readonly<Record<string, string>> | undefined;
}

/** Of an option that is checked by other means: it has to be known here, so that it is named among the others. */
export const CHECKED_ELSEWHERE: OptionRule = { check: () => undefined };

/** The rules of an options object; an option without a rule is unknown. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/**
 * Checks an options object and reports all problems in one message, each by its name.
 * @throws SseException `INVALID_OPTIONS`
 */
export function checkOptions(
  owner: string,
  options: unknown,
  rules: OptionRules,
  instead?: NestedRule['instead'],
): void {
  refuse(owner, [...problemsOf('', options, { nested: rules, instead })]);
}

/**
 * Refuses what is no object at all, before anything looks into it.
 * @throws SseException `INVALID_OPTIONS`
 */
export function assertOptions(
  owner: string,
  options: unknown,
): asserts options is object {
  if (isObject(options)) return;
  const message = `must be an object, not ${show(options)}`;
  refuse(owner, [{ path: '', message }]);
}

function refuse(owner: string, problems: readonly SseProblem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) =>
    path === '' ? message : `${path} ${message}`,
  );
  throw new SseException(
    'INVALID_OPTIONS',
    `Invalid options of ${owner}: ${list.join('; ')}.`,
    {
      details: problems,
    },
  );
}

function* problemsOf(
  path: string,
  value: unknown,
  rule: OptionRule,
): Generator<SseProblem> {
  if (
    value === undefined ||
    ('orFalse' in rule && rule.orFalse === true && value === false)
  )
    return;
  if ('nested' in rule) {
    yield* nestedProblems(path, value, rule);
  } else if ('record' in rule) {
    if (!isObject(value))
      return yield { path, message: `must be an object, not ${show(value)}` };
    for (const [key, child] of Object.entries(value)) {
      yield* problemsOf(`${path}[${JSON.stringify(key)}]`, child, {
        nested: rule.record,
      });
    }
  } else {
    const message = problemOf(value, rule);
    if (message !== undefined) yield { path, message };
  }
}

function* nestedProblems(
  path: string,
  value: unknown,
  { nested, orFalse, required = [], ordered, instead }: NestedRule,
): Generator<SseProblem> {
  if (!isObject(value)) {
    return yield {
      path,
      message: `must be an object${orFalse ? ' or false' : ''}, not ${show(value)}`,
    };
  }
  let sound = true;
  for (const key of required) {
    if (value[key] !== undefined) continue;
    sound = false;
    yield {
      path: path === '' ? key : `${path}.${key}`,
      message: 'is required',
    };
  }
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const rule = Object.hasOwn(nested, key) ? nested[key] : undefined;
    if (rule === undefined) {
      yield {
        path: childPath,
        message: unknownProblem(key, Object.keys(nested), instead),
      };
      continue;
    }
    for (const problem of problemsOf(childPath, child, rule)) {
      sound = false;
      yield problem;
    }
  }
  const [low, high] = ordered ?? [];
  if (
    sound &&
    low !== undefined &&
    high !== undefined &&
    Number(value[low]) > Number(value[high])
  ) {
    yield {
      path,
      message: `needs ${low} (${show(value[low])}) <= ${high} (${show(value[high])})`,
    };
  }
}

function unknownProblem(
  name: string,
  known: readonly string[],
  instead: NestedRule['instead'] = {},
): string {
  const list = known.join(', ');
  if (Object.hasOwn(instead, name))
    return `is unknown, ${instead[name]}; known are ${list}`;
  const closest = closestName(name, known);
  return closest === undefined
    ? `is unknown; known are ${list}`
    : `is unknown, did you mean ${closest}? Known are ${list}`;
}

function problemOf(
  value: unknown,
  rule: Exclude<OptionRule, { nested: OptionRules } | { record: OptionRules }>,
): string | undefined {
  if ('type' in rule) {
    return typeof value === rule.type
      ? undefined
      : `must be a ${rule.type}, not ${show(value)}`;
  }
  if ('oneOf' in rule) {
    return rule.oneOf.includes(value as string)
      ? undefined
      : `must be one of ${rule.oneOf.join(', ')}, not ${show(value)}`;
  }
  if ('check' in rule) return rule.check(value);
  if ('memberOf' in rule) return memberProblem(value, rule);
  if ('provider' in rule) {
    return ['function', 'string', 'symbol'].includes(typeof value)
      ? undefined
      : problemOf(value, { methods: rule.provider });
  }
  if ('methods' in rule) {
    const holder = value as Record<string, unknown> | null;
    const isComplete =
      typeof holder === 'object' &&
      rule.methods.every((name) => typeof holder?.[name] === 'function');
    return isComplete
      ? undefined
      : `must have the methods ${rule.methods.join(', ')}`;
  }
  return numberProblem(value, rule);
}

function memberProblem(
  value: unknown,
  {
    memberOf,
    named,
  }: {
    readonly memberOf: Readonly<Record<string, string | number>>;
    readonly named: string;
  },
): string | undefined {
  if (typeof value === 'number' && Object.hasOwn(memberOf, value))
    return undefined;
  // The name of a member is what people write by mistake.
  const name = String(value).toUpperCase();
  const hint =
    typeof memberOf[name] === 'number'
      ? `${named}.${name}`
      : `a member of ${named}`;
  return `must be ${hint}, not ${show(value)}`;
}

function numberProblem(
  value: unknown,
  {
    min = 0,
    max,
    integer,
    orFalse,
  }: { min?: number; max?: number; integer?: boolean; orFalse?: boolean },
): string | undefined {
  const isFit =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= min &&
    value <= (max ?? Infinity) &&
    (!integer || Number.isInteger(value));
  if (isFit) return undefined;
  const kind = integer ? 'a whole number' : 'a finite number';
  const range = max === undefined ? `${min} or more` : `from ${min} to ${max}`;
  return `must be ${kind}, ${range}${orFalse ? ', or false' : ''}, not ${show(value)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
