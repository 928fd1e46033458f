import { parseEventId } from '../event/event-id.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import { MemorySharedKeys } from '../log/memory/memory-shared-keys.js';
import type { SharedKeys } from '../log/shared-keys.js';
import { runTopicOf } from '../log/control-topic.js';
import type { RunSettings } from './run-options.js';
import { RUN_STARTED, type StoredRun } from './run-state.js';

/** Where all nodes find the runs: their states among the shared keys, who may start one in the log. */
export class RunStore {
  readonly #keys: SharedKeys;

  constructor(
    private readonly bus: EventBusService,
    private readonly node: string,
    private readonly settings: Pick<RunSettings, 'leaseMs' | 'retainMs'>,
  ) {
    this.#keys = bus.log.sharedKeys ?? new MemorySharedKeys();
  }

  async find(id: string): Promise<StoredRun | undefined> {
    const stored = await this.#keys.get(keyOf(id));
    return stored === undefined ? undefined : (JSON.parse(stored) as StoredRun);
  }

  /** Says how a run stands. Of one that is under way this node has to say it again within the lease. */
  async save(id: string, run: StoredRun): Promise<void> {
    const { leaseMs, retainMs } = this.settings;
    if (run.status === 'running')
      await this.#keys.put(leaseOf(id), this.node, leaseMs);
    await this.#keys.put(keyOf(id), JSON.stringify(run), retainMs + leaseMs);
  }

  /** Whether some node has said of late that it produces the run. */
  async isProduced(id: string): Promise<boolean> {
    return (await this.#keys.get(leaseOf(id))) !== undefined;
  }

  /**
   * Begins a run in the log, which is the arbiter: of all nodes that begin the same one, only the first is told that
   * it is the producer.
   * @returns the run, and whether this call has begun it
   */
  async begin(
    id: string,
    generation: number,
  ): Promise<{ readonly run: StoredRun; readonly isOurs: boolean }> {
    const topic = runTopicOf(id, generation);
    const startedAt = Date.now();
    const token = `${this.node} ${startedAt} ${Math.random()}`;
    const [result] = await this.bus.appendReserved([
      {
        topic,
        event: {
          type: RUN_STARTED,
          data: { node: this.node, startedAt, token },
        },
        messageId: `run:${id}:${generation}`,
      },
    ]);
    const startId = result!.id;
    const first = await this.#recordAt(topic, startId);
    const began = (first ?? { node: this.node, startedAt, token }) as {
      readonly node: string;
      readonly startedAt: number;
      readonly token: string;
    };
    return {
      isOurs: began.token === token,
      run: {
        status: 'running',
        startedAt: began.startedAt,
        generation,
        topic,
        startId,
        node: began.node,
      },
    };
  }

  // A message id that the log knows gives the place of the record that had it first.
  async #recordAt(topic: string, id: string): Promise<unknown> {
    const offset = Number(parseEventId(id)?.offset);
    const { records } = await this.bus.log.read({
      after: offset - 1,
      until: offset,
      selector: { topics: [topic], patterns: [] },
      limit: 1,
    });
    return records[0]?.parse();
  }
}

function keyOf(id: string): string {
  return `run:${id}`;
}

function leaseOf(id: string): string {
  return `run-lease:${id}`;
}
