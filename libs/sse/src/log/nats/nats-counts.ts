import type { Msg, Subscription } from '@nats-io/transport-node';
import { SseException } from '../../base/exception.js';
import { newNodeId } from '../remote/node-id.js';
import type { CountClaim, NodeCounts, SharedCounts } from '../shared-counts.js';
import { OtherCounts, partsOf, type CountWord } from './count-words.js';
import type { NatsLink } from './nats-link.js';
import { jsonOf } from './presence-inquiry.js';

/** How often a node speaks when nothing changes, in milliseconds. */
const BEAT_MS = 5_000;

/** Changes are told together after this time, in milliseconds. */
const FLUSH_MS = 10;

/** How long changes wait for a connection before the next try, in milliseconds. */
const RETRY_MS = 500;

/** Nobody is asked more often than this, in milliseconds: the answer is all that a node has. */
const ASK_MS = 500;

/** Asks for all counts of a node, or of all nodes. */
interface CountQuestion {
  /** Who asks. */
  readonly node: string;
  /** `''` for all. */
  readonly of: string;
}

/**
 * Nodes tell each other how many they have, and each adds up what it has heard: the server keeps nothing of it. Claims
 * are answered from memory, so that nodes which claim at the same moment may both get the last place.
 */
export class NatsCounts implements SharedCounts {
  constructor(
    private readonly stream: string,
    private readonly linkOf: () => NatsLink | undefined,
  ) {}

  join(): NodeCounts {
    // Under the subjects of presence, which the user of a running application has a right to already.
    const subject = `${this.stream}_presence.counts`;
    return new NatsNodeCounts(subject, this.linkOf);
  }
}

class NatsNodeCounts implements NodeCounts {
  readonly #id = newNodeId();
  readonly #own = new Map<string, number>();
  readonly #others = new OtherCounts();
  #changed = new Set<string>();
  #number = 0;
  /** Who was asked just now; `''` stands for all. */
  readonly #asked = new Set<string>();
  #subscribed:
    | { readonly link: NatsLink; readonly all: readonly Subscription[] }
    | undefined;
  #flush: NodeJS.Timeout | undefined;
  readonly #beat: NodeJS.Timeout;
  #hasLeft = false;

  constructor(
    private readonly subject: string,
    private readonly linkOf: () => NatsLink | undefined,
  ) {
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS).unref();
    this.#listen();
  }

  set(key: string, own: number): void {
    if (own === 0) this.#own.delete(key);
    else this.#own.set(key, own);
    this.#changed.add(key);
    this.#tellIn(FLUSH_MS);
  }

  async claim({ key, own, limit }: CountClaim): Promise<boolean> {
    if (this.#listen() === undefined)
      throw new SseException(
        'LOG_UNAVAILABLE',
        'NATS cannot be reached at the moment.',
      );
    if (own + this.#others.of(key) > limit) return false;
    this.set(key, own);
    return true;
  }

  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearInterval(this.#beat);
    clearTimeout(this.#flush);
    this.#say({ kind: 'leave' });
    for (const one of this.#subscribed?.all ?? []) one.unsubscribe();
    this.#subscribed = undefined;
  }

  #onBeat(): void {
    this.#listen();
    this.#say({ kind: 'beat' });
  }

  /** Listens on the connection of now; gives it if it stands. */
  #listen(): NatsLink | undefined {
    const link = this.linkOf();
    if (this.#hasLeft || !link?.isUp) return undefined;
    if (this.#subscribed?.link === link) return link;
    const { nc } = link;
    const on = (subject: string, take: (message: Msg) => void) =>
      nc.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) take(message);
        },
      });
    const all = [
      on(this.subject, (message) => this.#hear(message)),
      on(`${this.subject}.ask`, (message) => this.#answer(message)),
      on(`${this.subject}.to.${tokenOf(this.#id)}`, (message) =>
        this.#hear(message),
      ),
    ];
    this.#subscribed = { link, all };
    this.#say(this.#own.size === 0 ? { kind: 'whole' } : { kind: 'beat' });
    this.#ask('');
    return link;
  }

  #hear(message: Msg): void {
    const word = jsonOf<CountWord>(message);
    if (word.node === undefined || word.node === this.#id) return;
    if (this.#others.hear(word)) this.#ask(word.node);
  }

  #ask(of: string): void {
    if (this.#asked.has(of)) return;
    this.#asked.add(of);
    setTimeout(() => this.#asked.delete(of), ASK_MS).unref();
    this.#publish(`${this.subject}.ask`, { node: this.#id, of });
  }

  #answer(message: Msg): void {
    const { node, of } = jsonOf<CountQuestion>(message);
    if (typeof node !== 'string' || node === this.#id) return;
    if (of !== '' && of !== this.#id) return;
    const subject = `${this.subject}.to.${tokenOf(node)}`;
    for (const [index, counts] of partsOf(this.#own).entries())
      this.#say({ kind: index === 0 ? 'whole' : 'more', counts }, subject);
  }

  #tellIn(waitMs: number): void {
    if (this.#hasLeft) return;
    this.#flush ??= setTimeout(() => this.#tellChanges(), waitMs).unref();
  }

  #tellChanges(): void {
    this.#flush = undefined;
    if (this.#listen() === undefined) return this.#tellIn(RETRY_MS);
    const changed = Array.from(
      this.#changed,
      (key) => [key, this.#own.get(key) ?? 0] as const,
    );
    this.#changed = new Set();
    for (const counts of partsOf(changed)) {
      this.#number++;
      this.#say({ kind: 'change', counts });
    }
  }

  #say(word: Pick<CountWord, 'kind' | 'counts'>, subject = this.subject): void {
    const { kind, counts } = word;
    this.#publish(subject, {
      node: this.#id,
      number: this.#number,
      kind,
      counts,
    });
  }

  // What is lost is noticed by the numbers, with the next word.
  #publish(subject: string, word: CountWord | CountQuestion): void {
    const link = this.linkOf();
    if (link?.isUp) link.nc.publish(subject, JSON.stringify(word));
  }
}

/** A node's name as a token of a subject. */
function tokenOf(node: string): string {
  return Buffer.from(node).toString('base64url');
}
