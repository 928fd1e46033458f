import { SseException } from '../base/exception.js';

// "$": the library's own records, which no pattern may reach.
const RESERVED = 0x24;

/** Whether a topic is one of the library's own. */
export function isReserved(topic: string): boolean {
  return topic.charCodeAt(0) === RESERVED;
}

/** The longest topic or pattern, in characters. */
export const MAX_TOPIC_LENGTH = 255;

const TOKEN = '[A-Za-z0-9_:@=-]{1,64}';
const TOPIC = new RegExp(`^${TOKEN}(?:\\.${TOKEN})*$`);
const PATTERN = new RegExp(
  `^(?:${TOKEN}|\\*)(?:\\.(?:${TOKEN}|\\*))*(?:\\.>)?$|^>$`,
);
const GRAMMAR =
  'Dot-separated tokens of 1-64 characters from A-Z a-z 0-9 _ : @ = -, at most 255 characters in all.';

/** Whether something is a literal topic. */
export function isTopic(topic: unknown): topic is string {
  return (
    typeof topic === 'string' &&
    topic.length <= MAX_TOPIC_LENGTH &&
    TOPIC.test(topic)
  );
}

/**
 * Refuses what is not a literal topic.
 * @throws SseException `INVALID_TOPIC`
 */
export function assertTopic(topic: unknown): asserts topic is string {
  if (isTopic(topic)) return;
  throw new SseException(
    'INVALID_TOPIC',
    typeof topic === 'string' &&
      /[*>]/.test(topic) &&
      topic.length <= MAX_TOPIC_LENGTH
      ? `Topic ${quote(topic)} holds a wildcard. Plain strings are literal topics, so that user input can ` +
          `never widen a subscription: use pattern(${quote(topic)}) where a wildcard is meant.`
      : `${quote(topic)} is not a topic. ${GRAMMAR}`,
  );
}

/** A set of topics with wildcards. Made only by {@link pattern}. */
export class TopicPattern<T extends string = string> {
  /** @internal */
  readonly tokens: readonly string[];

  private constructor(readonly text: T) {
    this.tokens = text.split('.');
  }

  /** @internal */
  static of<T extends string>(text: T): TopicPattern<T> {
    if (
      typeof text !== 'string' ||
      text.length > MAX_TOPIC_LENGTH ||
      !PATTERN.test(text)
    ) {
      throw new SseException(
        'INVALID_PATTERN',
        `${quote(text)} is not a pattern. Like a topic, but a token may be * (any one token) and the ` +
          `last one may be > (one or more tokens). ${GRAMMAR}`,
      );
    }
    return new TopicPattern(text);
  }

  /** Whether a literal topic is in the set. */
  matches(topic: string): boolean {
    if (isReserved(topic)) return false;
    const tokens = topic.split('.');
    const own = this.tokens;
    for (let index = 0; index < own.length; index++) {
      if (own[index] === '>') return index < tokens.length;
      if (
        index >= tokens.length ||
        (own[index] !== '*' && own[index] !== tokens[index])
      )
        return false;
    }
    return own.length === tokens.length;
  }

  /** Whether every topic of the other set is in this one. */
  covers(other: TopicPattern): boolean {
    const [own, theirs] = [this.tokens, other.tokens];
    for (let index = 0; ; index++) {
      const [a, b] = [own[index], theirs[index]];
      if (a === undefined || b === undefined) return a === b;
      if (a === '>') return true;
      if (b === '>' || (a !== '*' && a !== b)) return false;
    }
  }

  /** Whether some topic is in both sets. */
  overlaps(other: TopicPattern): boolean {
    const [left, right] = [this.tokens, other.tokens];
    for (let index = 0; ; index++) {
      const [a, b] = [left[index], right[index]];
      if (a === undefined || b === undefined) return a === b;
      if (a === '>' || b === '>') return true;
      if (a !== b && a !== '*' && b !== '*') return false;
    }
  }

  toString(): string {
    return this.text;
  }
}

/**
 * The only way to subscribe with wildcards: `*` is exactly one token, a final `>` is one or more.
 *
 * @example bus.stream(pattern('orders.*'))
 * @throws SseException `INVALID_PATTERN`
 */
export function pattern<const T extends string>(text: T): TopicPattern<T> {
  return TopicPattern.of(text);
}

/** Literal topics and patterns, as one subscription names them. */
export interface TopicSelector {
  readonly topics: readonly string[];
  readonly patterns: readonly TopicPattern[];
}

/** Whether a selector covers a topic. */
export function selects(selector: TopicSelector, topic: string): boolean {
  return (
    selector.topics.includes(topic) ||
    selector.patterns.some((candidate) => candidate.matches(topic))
  );
}

function quote(value: unknown): string {
  if (typeof value !== 'string')
    return `A value of type ${value === null ? 'null' : typeof value}`;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
