import { Logger } from '@nestjs/common';
import { concatMap, isObservable } from 'rxjs';
import { SseException } from '../../base/exception.js';
import { logError } from '../../base/log-error.js';
import type { EventBusService } from '../event-bus.service.js';

/** A function of a result and of the arguments of the call that gave it. */
type OfResult<T> = (result: unknown, ...args: unknown[]) => T;

/** How the results of a method are published, with all defaults. */
export interface ResultSettings {
  readonly topic: string | OfResult<string | undefined>;
  readonly event?: OfResult<unknown> | undefined;
  readonly messageId?: OfResult<string | undefined> | undefined;
  readonly transient?: boolean | undefined;
  readonly onFailure?: 'reject' | 'log' | undefined;
}

const logger = new Logger('PublishTo');

/** Publishes what one call of a method gives. */
export class ResultPublisher {
  constructor(
    private readonly bus: EventBusService,
    /** `Class.method` */
    private readonly name: string,
    private readonly settings: ResultSettings,
    private readonly args: readonly unknown[],
  ) {}

  /**
   * Gives what the method returned, whose values are published before anybody has them.
   * @throws SseException `INVALID_OPTIONS` if it is nothing that one can wait for
   */
  passOn(result: unknown): unknown {
    const publish = (value: unknown): Promise<unknown> => this.#publish(value);
    // In their order: the next one waits until this one is in the log.
    if (isObservable(result)) return result.pipe(concatMap(publish));
    if (isThenable(result)) return Promise.resolve(result).then(publish);
    throw new SseException(
      'INVALID_OPTIONS',
      `${this.name}() is to publish what it returns, which was neither a Promise nor an Observable: nobody could wait until ` +
        'it is published. Make the method async.',
    );
  }

  async #publish(result: unknown): Promise<unknown> {
    if (result === undefined || result === null) return result;
    const { topic, event, messageId, transient, onFailure } = this.settings;
    try {
      const to =
        typeof topic === 'function' ? topic(result, ...this.args) : topic;
      const value = event ? event(result, ...this.args) : result;
      if (to !== undefined && value !== undefined && value !== null) {
        await this.bus.publish(to, value, {
          transient,
          messageId: messageId?.(result, ...this.args),
        });
      }
    } catch (error) {
      if (onFailure !== 'log') throw error;
      logError(logger, `What ${this.name}() gave was not published`, error);
    }
    return result;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
