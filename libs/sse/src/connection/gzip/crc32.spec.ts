import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { combineCrc32, crc32Shift } from './crc32.js';

describe('combined CRC-32', () => {
  it.each([0, 1, 2, 7, 8, 255, 256, 65_535, 65_536, 1_000_003])(
    'is that of both pieces, with a second one of %d bytes',
    (length) => {
      const first = randomBytes(1_234);
      const second = randomBytes(length);

      expect(
        combineCrc32(crc32(first), crc32(second), crc32Shift(length)),
      ).toBe(crc32(Buffer.concat([first, second])));
    },
  );

  it('starts from nothing', () => {
    const piece = Buffer.from('data: 1\n\n');
    expect(combineCrc32(0, crc32(piece), crc32Shift(piece.length))).toBe(
      crc32(piece),
    );
  });
});
