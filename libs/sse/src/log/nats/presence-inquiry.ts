import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { PresentConnection } from '../presence.js';

/** How long nodes that have spoken lately may take to answer, in milliseconds. */
const LIMIT_MS = 2_000;

/** Characters in one answer: the server takes a megabyte at least. */
const ANSWER_LENGTH = 200_000;

/** A part of what a node answers. */
interface Answer {
  readonly node: string;
  readonly connections: readonly PresentConnection[];
  readonly isLast: boolean;
}

/** One question to all nodes, and their answers. */
export class PresenceInquiry {
  readonly found: PresentConnection[] = [];
  readonly #silent: Set<string>;

  /** @param nodes those that are waited for */
  constructor(nodes: readonly string[]) {
    this.#silent = new Set(nodes);
  }

  /** Asks, and waits until the nodes have answered; one that has died since it last spoke is waited for in vain. */
  async ask(nc: NatsConnection, subject: string): Promise<void> {
    if (this.#silent.size === 0) return;
    const answers = await nc.requestMany(subject, undefined, {
      strategy: 'timer',
      maxWait: LIMIT_MS,
    });
    for await (const message of answers) {
      this.#take(jsonOf<Answer>(message));
      if (this.#silent.size === 0) break;
    }
  }

  #take({ node, connections = [], isLast }: Partial<Answer>): void {
    this.found.push(...connections);
    if (isLast && node !== undefined) this.#silent.delete(node);
  }
}

/** What a message says; nothing if somebody else has sent it. An error would end the connection's reader. */
export function jsonOf<T>(message: Msg): Partial<T> {
  try {
    const value: unknown = message.json();
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** What a node answers, in parts that the server takes. */
export function* answersOf(
  node: string,
  connections: Iterable<PresentConnection>,
): Generator<string> {
  let part: string[] = [];
  let length = 0;
  const answer = (isLast: boolean): string =>
    `{"node":${JSON.stringify(node)},"isLast":${isLast},"connections":[${part.join(',')}]}`;
  for (const connection of connections) {
    const text = JSON.stringify(connection);
    if (length + text.length > ANSWER_LENGTH) {
      yield answer(false);
      part = [];
      length = 0;
    }
    part.push(text);
    length += text.length;
  }
  yield answer(true);
}
