import { Frame } from '../../event/frame.js';
import { Batch } from './batch.js';

describe('Batch', () => {
  const [first, second, third] = [
    'data: 1\n\n',
    'data: 2\n\n',
    'data: ä\n\n',
  ].map((text) => new Frame(text)) as [Frame, Frame, Frame];

  it('gives the bytes of its frames in order', () => {
    const batch = Batch.root().with(first).with(second).with(third);
    expect(batch.bytes.toString()).toBe('data: 1\n\ndata: 2\n\ndata: ä\n\n');
    expect(batch).toMatchObject({ count: 3, size: batch.bytes.length });
  });

  it('is one chunk of the chunked coding', () => {
    const batch = Batch.root().with(first).with(third);
    expect(batch.chunk.toString()).toBe('13\r\ndata: 1\n\ndata: ä\n\n\r\n');
  });

  it('is the same list, with the same bytes object, for connections that send the same frames', () => {
    const root = Batch.root();
    const [left, right] = [1, 2].map(() => root.with(first).with(second));
    expect(left).toBe(right);
    expect(left!.bytes).toBe(right!.bytes);
    expect(left!.chunk).toBe(right!.chunk);
  });

  it('does not copy a single frame', () => {
    expect(Batch.root().with(first).bytes).toBe(first.bytes);
  });

  it('keeps lists apart that differ in a frame or in the order', () => {
    const root = Batch.root();
    const [one, other, swapped] = [
      root.with(first).with(second),
      root.with(first).with(third),
      root.with(second).with(first),
    ];
    expect(one.bytes.toString()).toBe('data: 1\n\ndata: 2\n\n');
    expect(other.bytes.toString()).toBe('data: 1\n\ndata: ä\n\n');
    expect(swapped.bytes.toString()).toBe('data: 2\n\ndata: 1\n\n');
  });

  it('is not the same for frames that merely look alike', () => {
    const root = Batch.root();
    expect(root.with(new Frame('x'))).not.toBe(root.with(new Frame('x')));
  });
});
