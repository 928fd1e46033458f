import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsLink } from './nats-link.js';

/** Messages on their way to this process, and how soon a lost request is noticed, in milliseconds. */
const MAX_MESSAGES = 1_000;
const EXPIRES_MS = 2_000;

/** How long the server keeps the consumer of a process that has died, in milliseconds. */
const INACTIVE_MS = 30_000;

/** What consumers tell of that asks for a look at the stream. */
const SUSPICIOUS: ReadonlySet<string> = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'ordered_consumer_recreated',
  'reset',
  'heartbeats_missed',
  'no_responders',
]);

/** Why a tail ended: a gap in the sequence, or something that asks for a look at the stream. */
export type TailEnd =
  | { readonly kind: 'gap'; readonly next: number }
  | { readonly kind: 'suspicion'; readonly reason: string };

export interface FollowedMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly body: Uint8Array;
}

/**
 * One ordered consumer, and an end to it as soon as anything is amiss. By itself an ordered consumer goes on over
 * gaps and over a stream that was made anew, without a word.
 */
export class StreamTail {
  /** Settles once no message will come any more. */
  readonly ended: Promise<TailEnd>;
  #resolve!: (end: TailEnd) => void;
  #isOver = false;
  #consumerName: string | undefined;
  #pending: FollowedMessage[] = [];
  #messages: ConsumerMessages | undefined;

  private constructor(
    private after: number,
    private readonly marker: string,
    private readonly onMessages: (messages: readonly FollowedMessage[]) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * Follows the stream behind a message; it must have been judged just now.
   * @param marker the subject of messages behind which the stream has to be judged again
   */
  static async open(
    link: NatsLink,
    stream: string,
    after: number,
    marker: string,
    onMessages: (messages: readonly FollowedMessage[]) => void,
  ): Promise<StreamTail> {
    const tail = new StreamTail(after, marker, onMessages);
    const stopListening = link.onDown(() => tail.end('the connection broke'));
    try {
      const consumer = await link.js.consumers.get(stream, {
        opt_start_seq: after + 1,
        inactive_threshold: INACTIVE_MS,
      });
      void tail.ended.then(() => {
        stopListening();
        // It would go by itself after a while.
        if (link.isUp) consumer.delete().catch(() => undefined);
      });
      tail.#consumerName = (await consumer.info(true)).name;
      tail.#messages = await consumer.consume({
        callback: (message) => tail.#take(message),
        max_messages: MAX_MESSAGES,
        expires: EXPIRES_MS,
        abort_on_missing_resource: true,
      });
      void tail.#watch(tail.#messages);
    } catch (error) {
      stopListening();
      throw error;
    }
    return tail;
  }

  /** Takes no more messages. Those that came before are passed on. */
  end(reason: string): void {
    this.#end({ kind: 'suspicion', reason });
  }

  #end(end: TailEnd): void {
    if (this.#isOver) return;
    this.#flush();
    this.#isOver = true;
    this.#messages?.stop();
    this.#resolve(end);
  }

  #take(message: JsMsg): void {
    if (this.#isOver) return;
    const { streamSequence, consumer } = message.info;
    // The client has made a new consumer, perhaps on another stream of this name.
    if (consumer !== this.#consumerName)
      return this.end('the consumer was made anew');
    if (streamSequence !== this.after + 1)
      return this.#end({ kind: 'gap', next: streamSequence });
    this.after = streamSequence;
    const { subject, data } = message;
    this.#pending.push({ sequence: streamSequence, subject, body: data });
    if (subject === this.marker) return this.end('a new epoch has begun');
    // What one packet brought goes on together.
    if (this.#pending.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#isOver || this.#pending.length === 0) return;
    const messages = this.#pending;
    this.#pending = [];
    this.onMessages(messages);
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    messages.closed().then(
      (error) =>
        this.end(error instanceof Error ? error.message : 'it was closed'),
      (error: unknown) => this.end(String(error)),
    );
    for await (const { type } of messages.status())
      if (SUSPICIOUS.has(type)) this.end(type);
  }
}
