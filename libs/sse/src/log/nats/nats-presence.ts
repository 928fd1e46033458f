import type { Msg, Subscription } from '@nats-io/transport-node';
import { messageOf } from '../../base/log-error.js';
import { SseException } from '../../base/exception.js';
import type { Presence, PresenceNode, PresentConnection } from '../presence.js';
import { newNodeId } from '../remote/node-id.js';
import type { NatsLink } from './nats-link.js';
import { answersOf, jsonOf, PresenceInquiry } from './presence-inquiry.js';

/** How long a node that says nothing counts as alive, in milliseconds, and how often it speaks. */
const ALIVE_MS = 20_000;
const BEAT_MS = 5_000;

/** What nodes say of themselves. A `hello` is answered with a `beat`. */
interface Word {
  readonly kind: 'hello' | 'beat' | 'leave';
  readonly node: string;
}

/**
 * Nodes say that they are there, and tell their streams when they are asked. The server keeps nothing of it, so that
 * nothing of a dead node has to be forgotten.
 */
export class NatsPresence implements Presence {
  readonly #own = new Map<string, Map<string, PresentConnection>>();
  /** When other nodes were last heard. */
  readonly #others = new Map<string, number>();
  #subscribed:
    | { readonly link: NatsLink; readonly all: readonly Subscription[] }
    | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: string,
    private readonly linkOf: () => NatsLink | undefined,
  ) {}

  join(): PresenceNode {
    const id = newNodeId();
    const connections = new Map<string, PresentConnection>();
    this.#own.set(id, connections);
    this.#beat ??= setInterval(() => this.#tellAll(), BEAT_MS).unref();
    this.#listen();
    this.#say({ kind: 'hello', node: id });
    return {
      id,
      add: (connection) => connections.set(connection.id, connection),
      delete: (connectionId) => connections.delete(connectionId),
      leave: async () => this.#leave(id),
    };
  }

  async list(): Promise<readonly PresentConnection[]> {
    const link = this.#listen();
    if (link === undefined)
      throw unavailable('it cannot be reached at the moment');
    const inquiry = new PresenceInquiry(this.#alive());
    try {
      await inquiry.ask(link.nc, this.#askSubject);
    } catch (error) {
      throw unavailable(messageOf(error), error);
    }
    const own = [...this.#own.values()].flatMap((one) => [...one.values()]);
    return [
      ...own,
      ...inquiry.found.filter(({ node }) => !this.#own.has(node)),
    ];
  }

  get #wordSubject(): string {
    return `${this.stream}_presence.word`;
  }

  get #askSubject(): string {
    return `${this.stream}_presence.ask`;
  }

  #alive(): string[] {
    const oldest = performance.now() - ALIVE_MS;
    for (const [node, heardAt] of this.#others)
      if (heardAt < oldest) this.#others.delete(node);
    return [...this.#others.keys()];
  }

  #tellAll(): void {
    this.#listen();
    for (const node of this.#own.keys()) this.#say({ kind: 'beat', node });
  }

  #leave(id: string): void {
    if (!this.#own.delete(id)) return;
    this.#say({ kind: 'leave', node: id });
    if (this.#own.size > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
    for (const one of this.#subscribed?.all ?? []) one.unsubscribe();
    this.#subscribed = undefined;
  }

  /** Listens on the connection of now; gives it if it stands. */
  #listen(): NatsLink | undefined {
    const link = this.linkOf();
    if (!link?.isUp) return undefined;
    if (this.#subscribed?.link !== link) {
      const { nc } = link;
      const all = [
        nc.subscribe(this.#wordSubject, {
          callback: (error, message) => {
            if (error === null) this.#hear(message);
          },
        }),
        nc.subscribe(this.#askSubject, {
          callback: (error, message) => {
            if (error === null) this.#answer(message);
          },
        }),
      ];
      this.#subscribed = { link, all };
    }
    return link;
  }

  #hear(message: Msg): void {
    const { kind, node } = jsonOf<Word>(message);
    if (node === undefined || this.#own.has(node)) return;
    if (kind === 'leave') this.#others.delete(node);
    else this.#others.set(node, performance.now());
    if (kind === 'hello') this.#tellAll();
  }

  #answer(message: Msg): void {
    for (const [node, connections] of this.#own)
      for (const answer of answersOf(node, connections.values()))
        message.respond(answer);
  }

  #say(word: Word): void {
    const link = this.linkOf();
    // Who is not heard now is heard with the next beat.
    if (link?.isUp) link.nc.publish(this.#wordSubject, JSON.stringify(word));
  }
}

function unavailable(text: string, cause?: unknown): SseException {
  return new SseException(
    'LOG_UNAVAILABLE',
    `NATS does not tell who is connected to other nodes: ${text}.`,
    { cause },
  );
}
