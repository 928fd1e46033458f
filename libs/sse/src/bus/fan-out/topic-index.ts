import type { EventRecord } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';

/** Takes the live events of its topics. */
export interface TopicSubscriber {
  readonly selector: TopicSelector;
  deliver(record: EventRecord): void;
  /** One of its literal topics has ended. */
  deliverEnd(record: EventRecord): void;
}

/** The subscribers of one place: the one alone, or a set from the second one on. */
type Group = TopicSubscriber | Set<TopicSubscriber>;

interface PatternNode {
  children: Map<string, PatternNode> | undefined;
  /** Patterns that end here. */
  here: Group | undefined;
  /** Patterns that go on with a final ">". */
  below: Group | undefined;
}

/**
 * Who listens to what: a look-up costs what it finds, whatever else is subscribed. Most topics have one
 * subscriber, and most nodes one pattern: collections are made where there is more.
 */
export class TopicIndex {
  readonly #topics = new Map<string, Group>();
  readonly #patterns: PatternNode = newNode();

  add(subscriber: TopicSubscriber): void {
    for (const topic of subscriber.selector.topics) {
      this.#topics.set(topic, joined(this.#topics.get(topic), subscriber));
    }
    for (const { tokens } of subscriber.selector.patterns)
      addPattern(this.#patterns, tokens, subscriber);
  }

  delete(subscriber: TopicSubscriber): void {
    for (const topic of subscriber.selector.topics) {
      const group = left(this.#topics.get(topic), subscriber);
      if (group === undefined) this.#topics.delete(topic);
    }
    for (const { tokens } of subscriber.selector.patterns) {
      deletePattern(this.#patterns, tokens, 0, subscriber);
    }
  }

  /** The subscribers of exactly this topic. */
  literal(topic: string): Iterable<TopicSubscriber> | undefined {
    const group = this.#topics.get(topic);
    return group === undefined ? undefined : membersOf(group);
  }

  /** The groups of subscribers whose patterns match a topic. */
  matching(topic: string): Iterable<TopicSubscriber>[] {
    const groups: Iterable<TopicSubscriber>[] = [];
    const root = this.#patterns;
    if (root.children !== undefined || root.below !== undefined)
      collect(root, topic.split('.'), 0, groups);
    return groups;
  }
}

function joined(group: Group | undefined, subscriber: TopicSubscriber): Group {
  if (group === undefined || group === subscriber) return subscriber;
  if (group instanceof Set) return group.add(subscriber);
  return new Set([group, subscriber]);
}

/** The group without a subscriber; undefined once it is empty. */
function left(
  group: Group | undefined,
  subscriber: TopicSubscriber,
): Group | undefined {
  if (!(group instanceof Set)) return group === subscriber ? undefined : group;
  group.delete(subscriber);
  return group.size === 0 ? undefined : group;
}

function membersOf(group: Group): Iterable<TopicSubscriber> {
  return group instanceof Set ? group : [group];
}

function newNode(): PatternNode {
  return { children: undefined, here: undefined, below: undefined };
}

function addPattern(
  root: PatternNode,
  tokens: readonly string[],
  subscriber: TopicSubscriber,
): void {
  let node = root;
  for (const token of tokens) {
    if (token === '>') {
      node.below = joined(node.below, subscriber);
      return;
    }
    const children = (node.children ??= new Map<string, PatternNode>());
    let child = children.get(token);
    if (child === undefined) children.set(token, (child = newNode()));
    node = child;
  }
  node.here = joined(node.here, subscriber);
}

function deletePattern(
  node: PatternNode,
  tokens: readonly string[],
  depth: number,
  subscriber: TopicSubscriber,
): void {
  const token = tokens[depth];
  if (token === undefined) node.here = left(node.here, subscriber);
  else if (token === '>') node.below = left(node.below, subscriber);
  else {
    const child = node.children?.get(token);
    if (child === undefined) return;
    deletePattern(child, tokens, depth + 1, subscriber);
    if (!isEmpty(child)) return;
    node.children!.delete(token);
    if (node.children!.size === 0) node.children = undefined;
  }
}

function isEmpty({ children, here, below }: PatternNode): boolean {
  return children === undefined && here === undefined && below === undefined;
}

function collect(
  node: PatternNode,
  tokens: readonly string[],
  depth: number,
  groups: Iterable<TopicSubscriber>[],
): void {
  const token = tokens[depth];
  if (token === undefined) {
    if (node.here !== undefined) groups.push(membersOf(node.here));
    return;
  }
  if (node.below !== undefined) groups.push(membersOf(node.below));
  const exact = node.children?.get(token);
  if (exact !== undefined) collect(exact, tokens, depth + 1, groups);
  const any = node.children?.get('*');
  if (any !== undefined) collect(any, tokens, depth + 1, groups);
}
