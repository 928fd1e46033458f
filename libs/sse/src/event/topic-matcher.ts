import { isReserved, type TopicPattern, type TopicSelector } from './topic.js';

interface PatternNode {
  children: Map<string, PatternNode> | undefined;
  /** A pattern ends here. */
  isEnd: boolean;
  /** A pattern goes on with a final ">". */
  hasRest: boolean;
}

/**
 * A selector made ready to be asked many times: a look-up costs the topic's tokens, however many topics and
 * patterns the selector has. For a single question there is {@link selects}.
 */
export class TopicMatcher {
  readonly #topics: ReadonlySet<string>;
  readonly #patterns: PatternNode | undefined;

  constructor({ topics, patterns }: TopicSelector) {
    this.#topics = new Set(topics);
    this.#patterns = patterns.length === 0 ? undefined : treeOf(patterns);
  }

  /** Whether it is one of the literal topics. */
  names(topic: string): boolean {
    return this.#topics.has(topic);
  }

  matches(topic: string): boolean {
    if (this.#topics.has(topic)) return true;
    return (
      this.#patterns !== undefined &&
      !isReserved(topic) &&
      isBelow(this.#patterns, topic.split('.'), 0)
    );
  }
}

function treeOf(patterns: readonly TopicPattern[]): PatternNode {
  const root = newNode();
  for (const { tokens } of patterns) {
    let node = root;
    for (const token of tokens) {
      if (token === '>') {
        node.hasRest = true;
        break;
      }
      const children = (node.children ??= new Map<string, PatternNode>());
      let child = children.get(token);
      if (child === undefined) children.set(token, (child = newNode()));
      node = child;
    }
    if (tokens.at(-1) !== '>') node.isEnd = true;
  }
  return root;
}

function newNode(): PatternNode {
  return { children: undefined, isEnd: false, hasRest: false };
}

function isBelow(
  node: PatternNode,
  tokens: readonly string[],
  depth: number,
): boolean {
  const token = tokens[depth];
  if (token === undefined) return node.isEnd;
  if (node.hasRest) return true;
  const exact = node.children?.get(token);
  if (exact !== undefined && isBelow(exact, tokens, depth + 1)) return true;
  const any = node.children?.get('*');
  return any !== undefined && isBelow(any, tokens, depth + 1);
}
