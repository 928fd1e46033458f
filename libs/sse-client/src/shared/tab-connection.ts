import { Connection, type StreamSink } from '../connection.js';
import type { EventStreamOptions } from '../event-stream-options.js';
import type { ReceivedEvent } from '../stream-event.js';
import type { StreamState } from '../stream-state.js';

/** The connection that a tab may have: at most one, and what comes of one that was replaced counts no more. */
export class TabConnection {
  #current: Connection | undefined;

  constructor(
    private readonly url: string,
    private readonly options: EventStreamOptions,
    private readonly sink: StreamSink,
  ) {}

  /**
   * Opens a connection from a cursor, in place of the one there is.
   * @param onEvent gets the id of the event's own, too; undefined where it has none
   */
  open(
    cursor: string,
    onEvent: (event: ReceivedEvent, id: string | undefined) => void,
    onState: (state: StreamState) => void,
  ): void {
    this.close();
    let last = cursor;
    const isCurrent = (): boolean => this.#current === connection;
    const { persist: _, ...options } = this.options;
    const connection = new Connection(
      this.url,
      { ...options, lastEventId: cursor },
      {
        onEvent: (event) => {
          if (!isCurrent()) return;
          const { lastEventId } = event;
          const isOwn = lastEventId !== last;
          last = lastEventId;
          onEvent(event, isOwn ? lastEventId : undefined);
        },
        onState: (state) => {
          if (isCurrent()) onState(state);
        },
        onFailure: (error) => {
          if (isCurrent()) this.sink.onFailure(error);
        },
        drained: () => this.sink.drained(),
      },
    );
    this.#current = connection;
    void connection.run();
  }

  reconnect(): void {
    this.#current?.reconnect();
  }

  close(): void {
    const connection = this.#current;
    // First, so that its end is not taken for that of the stream.
    this.#current = undefined;
    connection?.close('closed');
  }
}
