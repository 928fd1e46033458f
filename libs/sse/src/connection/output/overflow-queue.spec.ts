import { Frame } from '../../event/frame.js';
import { OverflowQueue } from './overflow-queue.js';

type Policy = 'disconnect' | 'drop-oldest' | 'latest';

const queueOf = (
  policy: Policy,
  maxBufferedBytes: number,
  ...frames: [text: string, key?: string][]
): OverflowQueue => {
  const queue = new OverflowQueue({ policy, maxBufferedBytes });
  for (const [text, key] of frames) queue.push(new Frame(text), key);
  return queue;
};

const textsOf = (queue: OverflowQueue): string[] =>
  queue.drain().map(({ bytes }) => bytes.toString());

describe('OverflowQueue', () => {
  it('S1 counts bytes, not events or characters', () => {
    const queue = queueOf('disconnect', 4, ['ä', 'a'], ['é', 'a']);
    expect(queue.bytes).toBe(4);
    expect(queue.trim()).toBe(true);
    queue.push(new Frame('x'), 'a');
    expect(queue.isOverfull).toBe(true);
  });

  it('S3 disconnect keeps all until there is too much', () => {
    const queue = queueOf('disconnect', 3, ['1', 'a'], ['2', 'a'], ['3', 'a']);
    expect(queue.trim()).toBe(true);
    queue.push(new Frame('4'), 'a');
    expect(queue.trim()).toBe(false);
    expect(textsOf(queue)).toEqual(['1', '2', '3', '4']);
  });

  it('S3 drop-oldest forgets the oldest, and no more of them than it must', () => {
    const queue = queueOf('drop-oldest', 4, ['11', 'a'], ['22', 'a']);
    queue.push(new Frame('3'), 'a');
    expect(queue.trim()).toBe(true);
    expect(queue.bytes).toBe(3);
    expect(textsOf(queue)).toEqual(['22', '3']);
  });

  it('S3 drop-oldest keeps control events, and gives up where nothing else is left', () => {
    const queue = queueOf('drop-oldest', 4, ['reset'], ['1', 'a'], ['2', 'a']);
    expect(queue.trim()).toBe(false);
    expect(textsOf(queue)).toEqual(['reset']);
  });

  it('S3 drop-oldest keeps the order of what is left around a control event', () => {
    const queue = queueOf('drop-oldest', 3, ['1', 'a'], ['C'], ['2', 'a']);
    queue.push(new Frame('3'), 'a');
    expect(queue.trim()).toBe(true);
    expect(textsOf(queue)).toEqual(['C', '2', '3']);
  });

  it('S3 latest keeps one event of each key, in the order of the latest ones', () => {
    const queue = queueOf('latest', 100, ['a1', 'a'], ['b1', 'b']);
    queue.push(new Frame('a22'), 'a');
    expect(queue.bytes).toBe(5);
    expect(textsOf(queue)).toEqual(['b1', 'a22']);
  });

  it('S3 latest never replaces control events', () => {
    const queue = queueOf('latest', 100, ['C1'], ['a1', 'a'], ['C2']);
    queue.push(new Frame('a2'), 'a');
    expect(textsOf(queue)).toEqual(['C1', 'C2', 'a2']);
  });

  it('S3 latest gives up a client whose keys alone are too much', () => {
    const queue = queueOf('latest', 3, ['a1', 'a'], ['b1', 'b']);
    expect(queue.trim()).toBe(false);
  });

  it('S3 the other policies replace nothing', () => {
    const queue = queueOf('drop-oldest', 100, ['1', 'a'], ['2', 'a']);
    expect(textsOf(queue)).toEqual(['1', '2']);
  });

  it('starts anew once it was drained', () => {
    const queue = queueOf('latest', 100, ['a1', 'a'], ['b1', 'b']);
    queue.drain();
    expect(queue.bytes).toBe(0);
    queue.push(new Frame('a2'), 'a');
    expect(textsOf(queue)).toEqual(['a2']);
    expect(textsOf(queue)).toEqual([]);
  });

  it('S3 holds its bound through any number of events', () => {
    const queue = queueOf('drop-oldest', 1_000);
    for (let index = 0; index < 50_000; index++) {
      queue.push(new Frame(String(index).padStart(10, '0')), 'a');
      queue.trim();
    }
    expect(queue.bytes).toBe(1_000);
    expect(textsOf(queue).map(Number)).toEqual(
      Array.from({ length: 100 }, (_, index) => 49_900 + index),
    );
  });
});
