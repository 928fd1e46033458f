import type { RedisConnection } from './redis-connection.js';
import { isMovedOn, isReply, unavailable } from './redis-errors.js';
import type { RedisLink } from './redis-link.js';

type Question<T> = (connection: RedisConnection) => Promise<T>;

/**
 * Asks for what is not on its way to everybody, on a connection of its own: a long answer does not hold up what is
 * published.
 */
export class RedisQueries {
  #connecting: Promise<RedisConnection> | undefined;
  #isClosed = false;

  constructor(private readonly link: RedisLink) {}

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Asks, and once more if the connection turned out to be dead.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  async ask<T>(question: Question<T>): Promise<T> {
    const connecting = this.#connecting;
    try {
      return await this.#try(question);
    } catch (error) {
      const wasOld = connecting !== undefined && !isAnswer(error);
      if (!wasOld || this.#isClosed) throw unavailable(error);
    }
    return this.askOnce(question);
  }

  /**
   * Asks for what must not be asked twice.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  async askOnce<T>(question: Question<T>): Promise<T> {
    try {
      return await this.#try(question);
    } catch (error) {
      throw unavailable(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop(this.#connecting);
  }

  async #try<T>(question: Question<T>): Promise<T> {
    if (this.#isClosed) throw new Error('The event log is closed.');
    const connecting = (this.#connecting ??= this.link.connect());
    try {
      const connection = await connecting;
      if (this.#isClosed) connection.close();
      return await question(connection);
    } catch (error) {
      if (!isAnswer(error)) this.#drop(connecting);
      throw error;
    }
  }

  // Others who wait on the same connection fail with it; the next question makes a new one.
  #drop(connecting: Promise<RedisConnection> | undefined): void {
    if (this.#connecting === connecting) this.#connecting = undefined;
    connecting?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }
}

/** Whether the server has said that it will not, and the connection is sound. */
function isAnswer(error: unknown): boolean {
  return isReply(error) && !isMovedOn(error);
}
