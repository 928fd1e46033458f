import type { KV } from '@nats-io/kv';
import { SseException } from '../../base/exception.js';
import { messageOf } from '../../base/log-error.js';
import type { SharedKeys } from '../shared-keys.js';
import { afterRemoval } from './log-stream.js';
import { isOutrun, isStreamMissing } from './nats-errors.js';
import type { NatsLink } from './nats-link.js';
import type { NatsSettings } from './nats-settings.js';

/**
 * How long the bucket keeps a value at least, in milliseconds: servers before 2.11 know one age for all values of a
 * bucket.
 */
const MIN_BUCKET_AGE_MS = 86_400_000;

/** How often this node compares its clock with the server's, in milliseconds. */
const CLOCK_CHECK_MS = 600_000;

const NANOSECONDS = 1_000_000;

/** No key of a caller has this form. */
const CLOCK = 'clock';

interface StoredValue {
  readonly value: string;
  /** Milliseconds from when the server has taken it. */
  readonly ttlMs: number;
}

/**
 * Values in a bucket beside the stream. Each carries its lifetime, which counts by the server's clock; the bucket
 * drops it some time later.
 */
export class KvSharedKeys implements SharedKeys {
  #bucket: { readonly link: NatsLink; readonly kv: Promise<KV> } | undefined;
  #bucketAgeMs = MIN_BUCKET_AGE_MS;
  #clock = { checkedAt: -Infinity, aheadMs: 0 };

  constructor(
    private readonly settings: NatsSettings,
    private readonly linkOf: () => NatsLink | undefined,
  ) {}

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    const stored: StoredValue = { value, ttlMs };
    await this.#use(async (kv, link) => {
      if (ttlMs > this.#bucketAgeMs) await this.#keepFor(ttlMs, link);
      await kv.put(nameOf(key), JSON.stringify(stored));
    });
  }

  get(key: string): Promise<string | undefined> {
    return this.#use(async (kv) => (await this.#find(kv, key))?.value);
  }

  take(key: string): Promise<string | undefined> {
    return this.#use(async (kv) => {
      const found = await this.#find(kv, key);
      if (found === undefined) return undefined;
      try {
        await kv.delete(nameOf(key), { previousSeq: found.revision });
        return found.value;
      } catch (error) {
        // Somebody else was faster.
        if (isOutrun(error)) return undefined;
        throw error;
      }
    });
  }

  async #find(
    kv: KV,
    key: string,
  ): Promise<
    { readonly value: string; readonly revision: number } | undefined
  > {
    const entry = await kv.get(nameOf(key));
    if (entry === null || entry.operation !== 'PUT') return undefined;
    const { value, ttlMs } = entry.json<StoredValue>();
    const age = (await this.#now(kv)) - entry.created.getTime();
    return age < ttlMs ? { value, revision: entry.revision } : undefined;
  }

  /** The server's time: nodes may differ by an hour. */
  async #now(kv: KV): Promise<number> {
    if (performance.now() - this.#clock.checkedAt > CLOCK_CHECK_MS) {
      await kv.put(CLOCK, '');
      const entry = await kv.get(CLOCK);
      const aheadMs = entry ? entry.created.getTime() - Date.now() : 0;
      this.#clock = { checkedAt: performance.now(), aheadMs };
    }
    return Date.now() + this.#clock.aheadMs;
  }

  async #keepFor(ttlMs: number, { jsm }: NatsLink): Promise<void> {
    // One that another node has made longer already is left as it is.
    const stream = `KV_${this.#name}`;
    const { config } = await jsm.streams.info(stream);
    const maxAge = Math.max(config.max_age, Math.ceil(ttlMs) * NANOSECONDS);
    if (maxAge !== config.max_age)
      await jsm.streams.update(stream, { max_age: maxAge });
    this.#bucketAgeMs = maxAge / NANOSECONDS;
  }

  get #name(): string {
    return `${this.settings.stream}_keys`;
  }

  async #use<T>(work: (kv: KV, link: NatsLink) => Promise<T>): Promise<T> {
    const link = this.linkOf();
    if (!link?.isUp) throw unavailable('it cannot be reached at the moment');
    try {
      try {
        return await work(await this.#open(link), link);
      } catch (error) {
        if (!isStreamMissing(error)) throw error;
        // It was deleted, with all that was in it.
        await afterRemoval();
        this.#bucket = undefined;
        return await work(await this.#open(link), link);
      }
    } catch (error) {
      throw unavailable(messageOf(error), error);
    }
  }

  #open(link: NatsLink): Promise<KV> {
    if (this.#bucket?.link !== link) {
      const { replicas, storage } = this.settings;
      const kv = link.kvm.create(this.#name, {
        history: 1,
        ttl: MIN_BUCKET_AGE_MS,
        replicas,
        storage,
        // A replica that lags behind must not give what was taken already.
        allow_direct: false,
      });
      this.#bucket = { link, kv };
      this.#bucketAgeMs = MIN_BUCKET_AGE_MS;
      kv.catch(() => {
        if (this.#bucket?.kv === kv) this.#bucket = undefined;
      });
    }
    return this.#bucket!.kv;
  }
}

/** Names of keys have fewer characters than keys. */
function nameOf(key: string): string {
  return `k.${Buffer.from(key).toString('base64url')}`;
}

function unavailable(text: string, cause?: unknown): SseException {
  return new SseException(
    'LOG_UNAVAILABLE',
    `NATS did not keep or find a shared value: ${text}.`,
    { cause },
  );
}
