import { setTimeout as delay } from 'node:timers/promises';
import type { Offset } from '../../event/event-record.js';
import type { SharedKeys } from '../shared-keys.js';
import type { TopicChanges } from '../topic-ends.js';
import type { NodeWindow } from './node-window.js';

/** What was known of the ends of topics at some place of the log. */
export interface EndsAt {
  readonly epoch: string;
  readonly through: Offset;
  readonly ends: readonly TopicChanges[];
}

/** Where the latest checkpoint stands, apart from it because nodes ask for it more often. */
const PLACE = 'topic-ends-place';
const ENDS = 'topic-ends';

/** How long a checkpoint of a log is kept that nobody writes to, in milliseconds: a week. */
const TTL_MS = 7 * 86_400_000;

/** All nodes are due at the same place: after a random time of up to so many milliseconds one of them is the first. */
const SPREAD_MS = 1_000;

/** Of more characters, the topics that ended longest ago are left out: engines take a megabyte at least. */
const MAX_LENGTH = 400_000;

/**
 * Hands the ends of topics on to nodes that start later, whose windows do not reach back to them. Each time a third
 * of the window has passed, one of the nodes writes down what it knows.
 */
export class EndsCheckpoint {
  #writtenAt = 0;
  #isWriting = false;
  /** A gap was passed over, in which topics may have ended: other nodes know better. */
  #hasGap = false;

  constructor(private readonly keys: SharedKeys | undefined) {}

  /** What was written down last of this epoch. */
  async load(epoch: string): Promise<EndsAt | undefined> {
    this.#writtenAt = 0;
    this.#hasGap = false;
    // Without it the node knows less, which is no reason not to start.
    const text = await this.keys?.get(ENDS).catch(() => undefined);
    return parse(text, epoch);
  }

  onReset(reason: 'epoch' | 'truncated'): void {
    this.#writtenAt = 0;
    this.#hasGap = reason === 'truncated';
  }

  /** Looks whether it is time, after each append to the window. */
  onAppended(window: NodeWindow, epoch: string): void {
    const isDue =
      window.isFull && window.appended - this.#writtenAt >= window.length / 3;
    if (!isDue || this.#isWriting || this.#hasGap) return;
    const before = window.head;
    this.#isWriting = true;
    this.#write(window, epoch, before)
      // Whoever is due next tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#isWriting = false;
      });
  }

  async #write(window: NodeWindow, epoch: string, due: Offset): Promise<void> {
    const { keys } = this;
    if (keys === undefined || window.ends.length === 0) {
      this.#writtenAt = window.appended;
      return;
    }
    await delay(Math.random() * SPREAD_MS, undefined, { ref: false });
    const place = (await keys.get(PLACE)) ?? '';
    const [other, through] = place.split(' ');
    if (other === epoch && Number(through) >= due) {
      this.#writtenAt = window.appended;
      return;
    }
    const { head, ends, appended } = window;
    const found: EndsAt = { epoch, through: head, ends: newestOf(ends) };
    await keys.put(ENDS, JSON.stringify(found), TTL_MS);
    await keys.put(PLACE, `${epoch} ${head}`, TTL_MS);
    this.#writtenAt = appended;
  }
}

function newestOf(ends: readonly TopicChanges[]): readonly TopicChanges[] {
  let length = 0;
  const isTooMuch = ends.findLastIndex(({ topic, places }) => {
    length += topic.length + 18 * places.length + 30;
    return length > MAX_LENGTH;
  });
  return ends.slice(isTooMuch + 1);
}

/** Another epoch has begun since, or somebody else has written there: it says nothing of this log. */
function parse(text: string | undefined, epoch: string): EndsAt | undefined {
  try {
    const found = JSON.parse(text ?? 'null') as EndsAt | null;
    return found?.epoch === epoch ? found : undefined;
  } catch {
    return undefined;
  }
}
