import { randomBytes } from 'node:crypto';
import type { KV } from '@nats-io/kv';
import { afterRemoval } from './log-stream.js';
import { isOutrun, isStreamMissing } from './nats-errors.js';
import type { NatsLink } from './nats-link.js';
import type { NatsSettings } from './nats-settings.js';

/** Which incarnation of the log counts. */
export interface EpochState {
  readonly epoch: string;
  /** When the server made the stream that the epoch is of. */
  readonly created: string;
  /** That of its value in the bucket. */
  readonly revision: number;
}

const KEY = 'epoch';

/**
 * The log's epoch, which all nodes share: it stands in a bucket beside the stream, because in the stream it would be
 * trimmed away one day. Who finds that the stream has lost something writes a new one; of several, one wins.
 */
export class EpochStore {
  #bucket: KV | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly settings: NatsSettings,
  ) {}

  /** The state for a stream that was made at this time; a new one if there is none for it. */
  async stateFor(created: string): Promise<EpochState> {
    const state = await this.#read();
    return state?.created === created ? state : this.renew(state, created);
  }

  /** Writes a new epoch after the state that was read, or gives the one that somebody else wrote meanwhile. */
  async renew(
    before: EpochState | undefined,
    created: string,
  ): Promise<EpochState> {
    const epoch = randomBytes(9).toString('base64url');
    const bucket = (this.#bucket ??= await this.#open());
    try {
      const revision = await bucket.put(
        KEY,
        JSON.stringify({ epoch, created }),
        {
          previousSeq: before?.revision ?? 0,
        },
      );
      return { epoch, created, revision };
    } catch (error) {
      if (!isOutrun(error)) throw error;
      const winner = await this.#read();
      // Of a stream that is gone again, or of a value that is none: the next look decides.
      if (winner === undefined || winner.revision === before?.revision)
        throw error;
      return winner;
    }
  }

  async #read(): Promise<EpochState | undefined> {
    this.#bucket ??= await this.#open();
    let entry;
    try {
      entry = await this.#bucket.get(KEY);
    } catch (error) {
      if (!isStreamMissing(error)) throw error;
      await afterRemoval();
      this.#bucket = await this.#open();
      entry = await this.#bucket.get(KEY);
    }
    if (entry === null) return undefined;
    const { revision } = entry;
    const value = parse(entry.string());
    return { epoch: '', created: '', ...value, revision };
  }

  #open(): Promise<KV> {
    const { stream, replicas, storage } = this.settings;
    return this.link.kvm.create(`${stream}_epoch`, {
      history: 1,
      replicas,
      storage,
      // A replica that lags behind must not tell of an epoch that is over.
      allow_direct: false,
    });
  }
}

function parse(
  text: string,
): { readonly epoch: string; readonly created: string } | undefined {
  try {
    const { epoch, created } = JSON.parse(text) as Record<string, unknown>;
    return typeof epoch === 'string' && typeof created === 'string'
      ? { epoch, created }
      : undefined;
  } catch {
    // Somebody wrote something else there: it is replaced like one of another stream.
    return undefined;
  }
}
