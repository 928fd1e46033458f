import { createHash } from 'node:crypto';
import { SseException } from '../../base/exception.js';
import type { EventLog } from '../../log/event-log.js';
import type { CountClaim, NodeCounts } from '../../log/shared-counts.js';

/** Longer names are told by their digest: a principal's id may have any length. */
const MAX_NAME_LENGTH = 100;

/** What this node counts, as all nodes together may have only so many of it. */
export class ClusterCounts {
  #node: NodeCounts | undefined;

  /** @throws SseException `NOT_SUPPORTED` */
  constructor(private readonly log: EventLog) {
    if (log.sharedCounts !== undefined) return;
    throw new SseException(
      'NOT_SUPPORTED',
      `The ${log.name} event log cannot count over all nodes, so that there are no limits: { scope: 'cluster' }: use ` +
        'redisEventLog() or natsEventLog(), or leave the option out.',
    );
  }

  /** @internal */
  onApplicationBootstrap(): void {
    this.#node = this.log.sharedCounts?.join();
  }

  /** @internal Before the log closes, which is later. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#node?.leave();
  }

  /** How many this node has by now. */
  set(key: string, own: number): void {
    this.#node?.set(nameOf(key), own);
  }

  /** Whether all nodes together may have that many. While the engine is away each node judges for itself. */
  async allows({ key, own, limit }: CountClaim): Promise<boolean> {
    if (this.#node === undefined) return true;
    const claim = { key: nameOf(key), own, limit };
    if (this.log.health?.state.status === 'down') {
      this.#node.set(claim.key, own);
      return true;
    }
    try {
      return await this.#node.claim(claim);
    } catch (error) {
      if (!(error instanceof SseException)) throw error;
      this.#node.set(claim.key, own);
      return true;
    }
  }
}

function nameOf(key: string): string {
  return key.length <= MAX_NAME_LENGTH
    ? key
    : createHash('sha256').update(key).digest('base64url');
}
