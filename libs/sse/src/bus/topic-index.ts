import type { EventRecord } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';

/** Takes the live events of its topics. */
export interface TopicSubscriber {
  readonly selector: TopicSelector;
  deliver(record: EventRecord): void;
  /** One of its literal topics has ended. */
  deliverEnd(record: EventRecord, topic: string): void;
}

interface PatternNode {
  readonly children: Map<string, PatternNode>;
  /** Patterns that end here. */
  readonly here: Set<TopicSubscriber>;
  /** Patterns that go on with a final ">". */
  readonly below: Set<TopicSubscriber>;
}

/** Who listens to what: a look-up costs what it finds, whatever else is subscribed. */
export class TopicIndex {
  readonly #topics = new Map<string, Set<TopicSubscriber>>();
  readonly #patterns: PatternNode = newNode();

  add(subscriber: TopicSubscriber): void {
    for (const topic of subscriber.selector.topics) {
      const subscribers = this.#topics.get(topic);
      if (subscribers === undefined)
        this.#topics.set(topic, new Set([subscriber]));
      else subscribers.add(subscriber);
    }
    for (const { tokens } of subscriber.selector.patterns)
      addPattern(this.#patterns, tokens, subscriber);
  }

  delete(subscriber: TopicSubscriber): void {
    for (const topic of subscriber.selector.topics) {
      const subscribers = this.#topics.get(topic);
      if (subscribers?.delete(subscriber) && subscribers.size === 0)
        this.#topics.delete(topic);
    }
    for (const { tokens } of subscriber.selector.patterns) {
      deletePattern(this.#patterns, tokens, 0, subscriber);
    }
  }

  /** The subscribers of exactly this topic. */
  literal(topic: string): Iterable<TopicSubscriber> | undefined {
    return this.#topics.get(topic);
  }

  /** The groups of subscribers whose patterns match a topic. */
  matching(topic: string): Set<TopicSubscriber>[] {
    const groups: Set<TopicSubscriber>[] = [];
    const root = this.#patterns;
    if (root.children.size > 0 || root.below.size > 0)
      collect(root, topic.split('.'), 0, groups);
    return groups;
  }
}

function newNode(): PatternNode {
  return { children: new Map(), here: new Set(), below: new Set() };
}

function addPattern(
  root: PatternNode,
  tokens: readonly string[],
  subscriber: TopicSubscriber,
): void {
  let node = root;
  for (const token of tokens) {
    if (token === '>') {
      node.below.add(subscriber);
      return;
    }
    let child = node.children.get(token);
    if (child === undefined) node.children.set(token, (child = newNode()));
    node = child;
  }
  node.here.add(subscriber);
}

function deletePattern(
  node: PatternNode,
  tokens: readonly string[],
  depth: number,
  subscriber: TopicSubscriber,
): void {
  const token = tokens[depth];
  if (token === undefined) node.here.delete(subscriber);
  else if (token === '>') node.below.delete(subscriber);
  else {
    const child = node.children.get(token);
    if (child === undefined) return;
    deletePattern(child, tokens, depth + 1, subscriber);
    if (child.children.size + child.here.size + child.below.size === 0)
      node.children.delete(token);
  }
}

function collect(
  node: PatternNode,
  tokens: readonly string[],
  depth: number,
  groups: Set<TopicSubscriber>[],
): void {
  const token = tokens[depth];
  if (token === undefined) {
    if (node.here.size > 0) groups.push(node.here);
    return;
  }
  if (node.below.size > 0) groups.push(node.below);
  const exact = node.children.get(token);
  if (exact !== undefined) collect(exact, tokens, depth + 1, groups);
  const any = node.children.get('*');
  if (any !== undefined) collect(any, tokens, depth + 1, groups);
}
