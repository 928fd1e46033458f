import { EventStreamError } from '../event-stream-error.js';
import type { EventStreamOptions } from '../event-stream-options.js';
import type { ToldTopics, WantedTopics } from './wanted-topics.js';

/** Whose topics change. */
export interface ChangedStream {
  /** Opens the stream anew, with the topics that are wanted then. */
  reconnect(): void;
  onFailure(error: EventStreamError): void;
}

/** Tells the server what topics are wanted, one request at a time, as long as there is a stream to change. */
export class TopicChanges {
  /** What a request for a change has to show; only while its stream is open. */
  #token: string | undefined;
  #isAsked = false;

  constructor(
    private readonly url: string,
    private readonly options: Pick<
      EventStreamOptions,
      'credentials' | 'fetch' | 'headers' | 'withCredentials'
    >,
    private readonly wanted: WantedTopics,
    private readonly stream: ChangedStream,
  ) {}

  /** The stream is not open any more. */
  onLost(): void {
    this.#token = undefined;
  }

  /** What a `stream-topics` says. */
  onTold(text: string): void {
    const told = JSON.parse(text) as ToldTopics;
    if (told.token !== undefined) {
      this.#token = told.token;
      this.wanted.begin();
    }
    this.wanted.take(told);
    // What was asked for while the stream was on its way.
    if (told.token !== undefined) this.request();
  }

  /** Soon asks for what has changed. A stream that is not open yet is opened with it. */
  request(): void {
    if (this.#isAsked || this.#token === undefined) return;
    this.#isAsked = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      const token = this.#token;
      const change = this.wanted.change();
      if (token === undefined || change === undefined) break;
      const isDone = await this.#ask({ token, ...change });
      if (isDone || this.#token !== token) continue;
      // A new stream with all that is wanted is as good as the change.
      this.#token = undefined;
      this.stream.reconnect();
    }
    this.#isAsked = false;
  }

  /** Whether there is an answer that settles it. */
  async #ask(
    body: { readonly token: string } & NonNullable<
      ReturnType<WantedTopics['change']>
    >,
  ): Promise<boolean> {
    const { headers: given, withCredentials } = this.options;
    const {
      credentials = withCredentials ? 'include' : 'same-origin',
      fetch = globalThis.fetch,
    } = this.options;
    try {
      const headers = new Headers(
        typeof given === 'function' ? await given() : given,
      );
      headers.set('content-type', 'application/json');
      const response = await fetch(this.url, {
        method: 'PATCH',
        headers,
        body: JSON.stringify(body),
        credentials,
      });
      if (response.ok) this.wanted.take((await response.json()) as ToldTopics);
      else if (response.status === 400)
        this.#refuse(body.subscribe, await response.text());
      return response.ok || response.status === 400;
    } catch {
      // No answer, or none that can be read: what the new stream is opened with counts.
      return false;
    }
  }

  /** The request itself is wrong: made again it would end the stream, too. */
  #refuse(topics: readonly { readonly topic: string }[], body: string): void {
    for (const { topic } of topics) this.wanted.remove(topic);
    const message = 'The server refused to change the topics';
    this.stream.onFailure(
      new EventStreamError('REFUSED', message, { status: 400, body }),
    );
  }
}
