import { Connection, type StreamSink } from '../connection.js';
import { EventStream, type StreamConnection } from '../event-stream.js';
import type { EventStreamOptions } from '../event-stream-options.js';
import { TopicChanges } from './topic-changes.js';
import { WantedTopics, type TopicRequest } from './wanted-topics.js';

/** As of a stream, without what the topics are sent by. */
export interface TopicStreamOptions<
  Events extends object = Record<string, unknown>,
> extends Omit<EventStreamOptions<Events>, 'body' | 'method'> {
  /**
   * The topics to begin with.
   * @default none
   */
  readonly topics?: readonly (string | TopicRequest)[];
}

/**
 * An {@link EventStream} over topics that come and go while it is open, of a route that the server's
 * `createSubscriptionController()` made. After a cut it comes back with the topics that are wanted then, from one cursor
 * for all of them.
 *
 * @example
 * const stream = new TopicStream<OrderEvents>('/live', { topics: ['announcements'] });
 * stream.on('order.shipped', ({ data }) => show(data.orderId));
 * stream.subscribe('orders.42', { since: '8dK2xw.1041' });
 * stream.on('stream-topics', ({ data }) => console.log(data.refused));
 */
export class TopicStream<
  Events extends object = Record<string, unknown>,
> extends EventStream<Events> {
  // Set by connect(), which the constructor of EventStream calls.
  declare private wanted: WantedTopics;
  declare private changes: TopicChanges;

  /** @throws EventStreamError `INVALID_OPTIONS` */
  // oxlint-disable-next-line no-useless-constructor -- for the type of its options
  constructor(url: string | URL, options: TopicStreamOptions<Events> = {}) {
    super(url, options);
  }

  /** The topics that are wanted, whether or not the server knows already; those that it refused are not among them. */
  get topics(): readonly string[] {
    return this.wanted.topics;
  }

  /**
   * Adds a topic, unless the stream has it. All calls of one turn are one request.
   * @param options `since`: the id after which its history is wanted, such as that of a state which was loaded
   */
  subscribe(topic: string, { since }: { readonly since?: string } = {}): void {
    if (this.wanted.add({ topic, since })) this.changes.request();
  }

  /** Removes a topic. Events that are on their way may still come. */
  unsubscribe(topic: string): void {
    if (this.wanted.remove(topic)) this.changes.request();
  }

  /** @internal */
  protected override connect(
    options: TopicStreamOptions<Events>,
    sink: StreamSink,
  ): StreamConnection {
    const { topics = [], fetch = globalThis.fetch } = options;
    const wanted = new WantedTopics(topics);
    const connection = new Connection(
      this.url,
      {
        ...options,
        body: {},
        // The topics are those of the moment in which the request is made.
        fetch: (url, init) =>
          fetch(url, { ...init, body: JSON.stringify(wanted.request()) }),
      },
      {
        ...sink,
        onState: (state) => {
          if (state.name !== 'live' && state.name !== 'replaying')
            changes.onLost();
          sink.onState(state);
        },
        onEvent: (event) => {
          if (event.type === 'stream-topics') changes.onTold(event.text);
          if (event.type === 'stream-reset') wanted.forgetHistories();
          sink.onEvent(event);
        },
      },
    );
    const changes = new TopicChanges(this.url, options, wanted, {
      reconnect: () => connection.reconnect(),
      onFailure: (error) => sink.onFailure(error),
    });
    this.wanted = wanted;
    this.changes = changes;
    return connection;
  }
}
