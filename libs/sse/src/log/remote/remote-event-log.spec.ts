import { Logger } from '@nestjs/common';
import { formatEventId } from '../../event/event-id.js';
import { EventRecord, type Offset } from '../../event/event-record.js';
import { SseException } from '../../base/exception.js';
import { describeEventLog } from '../../testing/event-log-contract.js';
import type {
  AppendResult,
  LogEntry,
  LogPosition,
  TailListener,
  TailResetReason,
} from '../event-log.js';
import type {
  CursorPlace,
  EngineListener,
  LogEngine,
  LogRange,
} from './log-engine.js';
import type { WindowBounds } from './node-window.js';
import { RemoteEventLog } from './remote-event-log.js';

/** An engine in this process, which counts what it is asked for. */
class ArrayEngine implements LogEngine {
  readonly name = 'array';
  isUp = true;
  reads = 0;
  rangeLimit = 10;
  position: LogPosition = { epoch: 'one', offset: 100 };
  readonly #records: EventRecord[] = [];
  readonly #ids = new Map<string, string>();
  #listener: EngineListener | undefined;

  constructor(private readonly maxEvents = Infinity) {}

  async open(): Promise<LogPosition> {
    if (!this.isUp) throw new SseException('LOG_UNAVAILABLE', 'away');
    return this.position;
  }

  follow(_from: LogPosition, listener: EngineListener): void {
    this.#listener = listener;
  }

  async append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    const appended: EventRecord[] = [];
    const results = entries.map((entry) => {
      const known = this.#ids.get(entry.messageId ?? '');
      if (known !== undefined) return { id: known };
      const offset = this.position.offset + 3;
      this.position = { ...this.position, offset };
      if (entry.transient) {
        appended.push(new EventRecord(entry));
        return undefined;
      }
      const { epoch } = this.position;
      const record = new EventRecord({ ...entry, epoch, offset });
      this.#records.push(record);
      if (this.#records.length > this.maxEvents) this.#records.shift();
      appended.push(record);
      const id = formatEventId(epoch, offset);
      if (entry.messageId !== undefined) this.#ids.set(entry.messageId, id);
      return { id };
    });
    const { offset } = this.position;
    // Later than the answer, as another connection would be.
    setImmediate(() => this.#listener?.onRecords(appended, offset));
    await new Promise((resolve) => setImmediate(resolve));
    return results;
  }

  async readAfter(after: Offset, until: Offset): Promise<LogRange> {
    this.reads++;
    const behind = this.#records.filter(
      ({ order }) => order > after && order <= until,
    );
    const records = behind.slice(0, this.rangeLimit);
    const isAll = records.length === behind.length;
    const through = isAll ? until : records.at(-1)!.order;
    const from = this.#records[0]!.order - 3;
    return { after: Math.max(after, from), records, through };
  }

  async readBefore(until: Offset, limit: number): Promise<LogRange> {
    const records = this.#records
      .filter(({ order }) => order <= until)
      .slice(-limit);
    const after = records.length === 0 ? until : records[0]!.order - 3;
    return { after, records, through: until };
  }

  async locate(offset: Offset): Promise<CursorPlace> {
    if (offset < this.#records[0]!.order - 3) return 'truncated';
    const isKnown = this.#records.some(({ order }) => order === offset);
    return isKnown || offset === this.#records[0]!.order - 3
      ? 'kept'
      : 'unknown';
  }

  async close(): Promise<void> {
    this.#listener = undefined;
  }

  lose(): void {
    this.position = { epoch: 'two', offset: 7 };
    this.#listener?.onReset(this.position, 'epoch');
  }
}

const LIMITS: WindowBounds = {
  maxEvents: 1_000,
  maxBytes: 1_000_000,
  maxAgeMs: false,
};

function logOf(
  engine: LogEngine,
  window = LIMITS,
  startup: 'require' | 'wait' = 'require',
): RemoteEventLog {
  return new RemoteEventLog(engine, { window, startup });
}

describeEventLog(
  'a log of an engine',
  ({ maxEvents } = {}) => logOf(new ArrayEngine(maxEvents)),
  { retention: ['maxEvents'] },
);

describeEventLog(
  'a log of an engine with a window of two events',
  ({ maxEvents } = {}) =>
    logOf(new ArrayEngine(maxEvents), { ...LIMITS, maxEvents: 2 }),
  { retention: ['maxEvents'] },
);

const entryOf = (data: number): LogEntry => ({
  topic: `topic.${data % 2}`,
  type: 'message',
  json: String(data),
  publishedAt: Date.now(),
});

class Listener implements TailListener {
  readonly records: EventRecord[] = [];
  readonly resets: [LogPosition, TailResetReason][] = [];

  onRecords(records: readonly EventRecord[]): void {
    this.records.push(...records);
  }

  onReset(position: LogPosition, reason: TailResetReason): void {
    this.resets.push([position, reason]);
  }
}

const ALL = { topics: ['topic.0', 'topic.1'], patterns: [] };

Logger.overrideLogger(false);

describe('a log of an engine', () => {
  const logs: RemoteEventLog[] = [];
  const opened = (...options: Parameters<typeof logOf>): RemoteEventLog => {
    const log = logOf(...options);
    logs.push(log);
    return log;
  };

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
  });

  it('N3 reads what is in the window without the engine, at once', async () => {
    const engine = new ArrayEngine();
    const before = opened(engine);
    await before.append([1, 2, 3, 4].map(entryOf));
    const log = opened(engine);
    const { head, stop } = await log.tail(new Listener());
    const result = log.read({
      after: 103,
      until: head.offset,
      selector: { topics: ['topic.0'], patterns: [] },
      limit: 10,
    });
    expect(result).not.toBeInstanceOf(Promise);
    const { records } = await result;
    expect(records.map(({ json }) => json)).toEqual(['2', '4']);
    expect(engine.reads).toBe(0);
    await stop();
  });

  it('N3 asks the engine once for a crowd that comes back together', async () => {
    const engine = new ArrayEngine();
    const log = opened(engine, { ...LIMITS, maxEvents: 1 });
    const { stop } = await log.tail(new Listener());
    await log.append([1, 2, 3, 4, 5, 6, 7, 8].map(entryOf));
    await log.tail(new Listener()).then((tail) => tail.stop());
    const query = { until: 124, selector: ALL, limit: 100 };
    const crowd = await Promise.all(
      Array.from({ length: 50 }, () => log.read({ ...query, after: 100 })),
    );
    const late = await log.read({ ...query, after: 109 });
    expect(engine.reads).toBe(1);
    for (const { records } of crowd) expect(records).toHaveLength(8);
    expect(late.records.map(({ json }) => json)).toEqual([
      '4',
      '5',
      '6',
      '7',
      '8',
    ]);
    await stop();
  });

  it('N4 tells its tails of a new epoch, and takes cursors of that only', async () => {
    const engine = new ArrayEngine();
    const log = opened(engine);
    const listener = new Listener();
    const { stop } = await log.tail(listener);
    await log.append([entryOf(1)]);
    engine.lose();
    expect(listener.resets).toEqual([[{ epoch: 'two', offset: 7 }, 'epoch']]);
    const check = (epoch: string, offset: string) =>
      log.check({ epoch, offset }, ALL);
    expect(await check('one', '103')).toEqual({ state: 'epoch' });
    expect(await check('two', '7')).toEqual({ state: 'complete', offset: 7 });
    await stop();
  });

  it('N2 says that the engine is away and back again, once each', async () => {
    const log = opened(new ArrayEngine());
    const told: string[] = [];
    const stopWatching = log.health.watch(({ status }) => told.push(status));
    log.onDown('connection refused');
    log.onDown('connection refused');
    expect(log.health.state).toMatchObject({
      status: 'down',
      reason: 'connection refused',
    });
    log.onUp();
    log.onUp();
    stopWatching();
    log.onDown('again');
    expect(told).toEqual(['down', 'up']);
  });

  it('N2 fails to start without its engine, and may be started again', async () => {
    const engine = new ArrayEngine();
    engine.isUp = false;
    const log = opened(engine);
    await expect(log.tail(new Listener())).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    });
    engine.isUp = true;
    const { head, stop } = await log.tail(new Listener());
    expect(head.epoch).toBe('one');
    await stop();
  });

  it('N2 starts without its engine where it may, and resets its streams once it is there', async () => {
    const engine = new ArrayEngine();
    engine.isUp = false;
    const log = opened(engine, LIMITS, 'wait');
    const listener = new Listener();
    const { stop } = await log.tail(listener);
    expect(log.health.state.status).toBe('down');
    await expect(log.append([entryOf(1)])).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED',
    });
    engine.isUp = true;
    const isUp = new Promise((resolve) => log.health.watch(resolve));
    await isUp;
    await log.append([entryOf(2)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(listener.resets).toHaveLength(1);
    expect(listener.records.map(({ json }) => json)).toEqual(['2']);
    await stop();
  });
});
