import { Frame } from '../../event/frame.js';
import type { Batch } from './batch.js';
import { WriteLoop } from './write-loop.js';
import {
  streamSettings,
  type SlowConsumerOptions,
} from '../stream-settings.js';
import { FrameWriter, type WriterListener } from './frame-writer.js';
import type { StreamTransport } from './stream-transport.js';

/** Takes bytes as long as it is told that the client does. */
class FakeTransport implements StreamTransport {
  readonly writes: string[] = [];
  takes = true;
  fails = false;
  readonly backlog = 0;
  readonly taken = 0;
  readonly isClosed = false;

  open(_headers: object, batch: Batch): boolean {
    return this.write(batch);
  }

  write(batch: Batch): boolean {
    if (this.fails) throw new Error('write');
    this.writes.push(batch.bytes.toString());
    return this.takes;
  }

  end(): void {}
  endForGood(): void {}
  destroy(): void {}
}

class Listener implements WriterListener {
  overflows = 0;
  readonly errors: unknown[] = [];

  onOverflow(): void {
    this.overflows++;
  }

  onOverfull(): void {}

  onWriteError(error: unknown): void {
    this.errors.push(error);
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('FrameWriter', () => {
  let transport: FakeTransport;
  let listener: Listener;
  let writer: FrameWriter;

  const openWith = (slowConsumer: SlowConsumerOptions = {}): void => {
    transport = new FakeTransport();
    listener = new Listener();
    writer = new FrameWriter(
      new WriteLoop(),
      streamSettings({ slowConsumer }),
      listener,
    );
    writer.push(new Frame('open '));
    writer.open(transport, {});
  };

  const push = (...texts: string[]): void => {
    for (const text of texts) writer.push(new Frame(text), 'key');
  };

  beforeEach(() => openWith());

  it('writes what one turn brought in one go', async () => {
    push('1', '2');
    await Promise.resolve();
    push('3');
    await turn();
    push('4');
    await turn();
    expect(transport.writes).toEqual(['open ', '123', '4']);
    expect(writer.blocksSent).toBe(5);
  });

  it('S1 writes nothing to a congested client, and all in order once it has drained', async () => {
    transport.takes = false;
    push('1');
    await turn();
    expect(writer.isCongested).toBe(true);
    push('2');
    await turn();
    push('3');
    expect(transport.writes).toEqual(['open ', '1']);

    transport.takes = true;
    writer.onDrain();
    push('4');
    await turn();
    expect(transport.writes).toEqual(['open ', '1', '234']);
    expect(writer.isCongested).toBe(false);
  });

  it('S2 calls a waiter once, after a write that left room', async () => {
    let calls = 0;
    transport.takes = false;
    push('1');
    writer.whenWritable(() => calls++);
    await turn();
    expect(calls).toBe(0);

    transport.takes = true;
    writer.onDrain();
    await turn();
    writer.onDrain();
    await turn();
    expect(calls).toBe(1);
  });

  it('S2 writes what waited in the queue before a waiter may go on', async () => {
    transport.takes = false;
    push('1');
    await turn();
    push('2');
    writer.whenWritable(() => push('3'));
    transport.takes = true;
    writer.onDrain();
    await turn();
    await turn();
    expect(transport.writes).toEqual(['open ', '1', '2', '3']);
  });

  it('S2 calls a waiter in a later turn where nothing is to be written', async () => {
    let isCalled = false;
    writer.whenWritable(() => (isCalled = true));
    expect(isCalled).toBe(false);
    await turn();
    expect(isCalled).toBe(true);
  });

  it('S2 stops sources that can wait once a turn has brought 256 KiB', async () => {
    expect(writer.isWritable).toBe(true);
    push('x'.repeat(256 * 1024));
    expect(writer.isWritable).toBe(false);
    await turn();
    expect(writer.isWritable).toBe(true);
  });

  it('S1 never drops a client for a burst of one turn that its socket was not asked to take', async () => {
    openWith({ maxBufferedBytes: 10 });
    push('x'.repeat(1_000), 'y'.repeat(1_000));
    await turn();
    expect(listener.overflows).toBe(0);
  });

  it('S1 gives a congested socket a turn for a burst before it counts', async () => {
    openWith({ maxBufferedBytes: 10 });
    transport.takes = false;
    push('1');
    await turn();
    push('x'.repeat(1_000));
    // The socket is drained in the very turn in which the burst came, but after the end of it.
    await new Promise((resolve) => setImmediate(resolve));
    transport.takes = true;
    writer.onDrain();
    await turn();
    expect(listener.overflows).toBe(0);
    expect(transport.writes.at(-1)).toHaveLength(1_000);
  });

  it('S3 reports a client that stays behind by more than its bound', async () => {
    openWith({ maxBufferedBytes: 10 });
    transport.takes = false;
    push('1');
    await turn();
    push('x'.repeat(10));
    await turn();
    expect(listener.overflows).toBe(0);
    push('x');
    await turn();
    await turn();
    expect(listener.overflows).toBe(1);
  });

  it('S3 drop-oldest keeps the bound without a report', async () => {
    openWith({ maxBufferedBytes: 2, policy: 'drop-oldest' });
    transport.takes = false;
    push('0');
    await turn();
    for (const text of ['1', '2', '3', '4']) {
      push(text);
      await turn();
    }
    transport.takes = true;
    writer.onDrain();
    await turn();
    expect(transport.writes).toEqual(['open ', '0', '34']);
    expect(listener.overflows).toBe(0);
  });

  it('writes the rest of a stream that ends while its client is congested, in order', async () => {
    transport.takes = false;
    push('1');
    await turn();
    push('2', '3');
    writer.push(new Frame('end'));
    writer.writeRest();
    expect(transport.writes).toEqual(['open ', '1', '23end']);
  });

  it('does nothing after it was closed, whatever comes late', async () => {
    let isCalled = false;
    push('1');
    writer.whenWritable(() => (isCalled = true));
    writer.close();
    writer.onDrain();
    push('2');
    await turn();
    expect(transport.writes).toEqual(['open ']);
    expect(isCalled).toBe(false);
  });

  it('S4 reports a write that throws, and others are still written', async () => {
    const [errorFrameOf, failed] = [transport, listener];
    const failingWriter = writer;
    const loop = new WriteLoop();
    const writers = [new FakeTransport(), new FakeTransport()].map((one) => {
      const other = new FrameWriter(loop, streamSettings(), listener);
      other.open(one, {});
      return { other, one };
    });
    writers[0]!.one.fails = true;
    for (const { other } of writers) other.push(new Frame('1'));
    await turn();
    expect(writers[1]!.one.writes.at(-1)).toBe('1');
    expect(listener.errors).toHaveLength(1);

    errorFrameOf.takes = false;
    failingWriter.push(new Frame('1'));
    await turn();
    failingWriter.whenWritable(() => {
      throw new Error('waiter');
    });
    failingWriter.onDrain();
    expect(failed.errors).toHaveLength(2);
  });
});
