import { createGunzip, gunzipSync } from 'node:zlib';
import { once } from 'node:events';
import { Frame } from '../../event/frame.js';
import { Batch } from '../output/batch.js';
import { GzipCoding, GzipStream } from './gzip-coding.js';

const batchOf = (...texts: string[]): Batch =>
  texts.reduce((batch, text) => batch.with(new Frame(text)), Batch.root());

describe('a gzip stream made of shared pieces', () => {
  it('decodes to all pieces, with a right trailer, wherever a client joined', () => {
    const coding = new GzipCoding({ minBytes: 0 });
    const batches = [
      'data: 1\n\n',
      `data: ${'x'.repeat(100_000)}\n\n`,
      'data: é\n\n',
    ].map((text) => batchOf(text));
    for (const joined of [batches, batches.slice(1), batches.slice(2)]) {
      const stream = new GzipStream(coding);
      const [first, ...rest] = joined;
      const bytes = Buffer.concat([
        stream.begin(first!),
        ...rest.map((batch) => stream.next(batch).bytes),
        stream.end(),
      ]);

      expect(gunzipSync(bytes)).toEqual(
        Buffer.concat(joined.map((batch) => batch.bytes)),
      );
    }
  });

  it('leaves small pieces uncompressed, and they decode among the others', () => {
    const coding = new GzipCoding({ minBytes: 64 });
    const stream = new GzipStream(coding);
    const small = batchOf('data: 1\n\n');
    const large = batchOf(`data: ${'x'.repeat(1_000)}\n\n`);
    const bytes = Buffer.concat([
      stream.begin(small),
      stream.next(large).bytes,
      stream.next(small).bytes,
      stream.end(),
    ]);

    expect(coding.code(small).bytes.includes(small.bytes)).toBe(true);
    expect(coding.code(large).bytes.length).toBeLessThan(100);
    expect(gunzipSync(bytes)).toEqual(
      Buffer.concat([small.bytes, large.bytes, small.bytes]),
    );
  });

  it('compresses a batch once for all clients', () => {
    const coding = new GzipCoding({});
    const batch = batchOf(`data: ${'x'.repeat(1_000)}\n\n`);

    expect(new GzipStream(coding).next(batch)).toBe(
      new GzipStream(coding).next(batch),
    );
  });

  it('gives each piece to the reader at once', async () => {
    const coding = new GzipCoding({ minBytes: 0 });
    const stream = new GzipStream(coding);
    const gunzip = createGunzip();
    gunzip.write(stream.begin(batchOf('data: first\n\n')));
    const [first] = (await once(gunzip, 'data')) as [Buffer];
    gunzip.write(stream.next(batchOf('data: second\n\n')).bytes);
    const [second] = (await once(gunzip, 'data')) as [Buffer];

    expect([String(first), String(second)]).toEqual([
      'data: first\n\n',
      'data: second\n\n',
    ]);
    gunzip.destroy();
  });
});
