import { randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { jest } from '@jest/globals';
import { Crc32Piece, RunningCrc32 } from './running-crc32.js';

const pieceOf = (bytes: Buffer): Crc32Piece =>
  new Crc32Piece(crc32(bytes), bytes.length);

/** A stream with all that it was given, to hold its sum against. */
class Stream {
  readonly sum = new RunningCrc32();
  readonly #parts: Buffer[] = [];

  append(bytes: Buffer, piece = pieceOf(bytes)): void {
    this.sum.append(piece);
    this.#parts.push(bytes);
  }

  get expected(): object {
    const all = Buffer.concat(this.#parts);
    return { crc: crc32(all), length: all.length };
  }
}

function appendToAll(streams: readonly Stream[]): Crc32Piece {
  const bytes = randomBytes(randomInt(1, 2_000));
  const piece = pieceOf(bytes);
  for (const stream of streams) stream.append(bytes, piece);
  return piece;
}

describe('a running CRC-32', () => {
  it('is that of nothing at first', () => {
    const stream = new Stream();
    expect(stream.sum.total).toEqual(stream.expected);
  });

  it('is right for streams that come in at any time and get any part of the pieces', () => {
    const streams: Stream[] = [];
    for (let turn = 0; turn < 500; turn++) {
      if (turn % 10 === 0) {
        const stream = new Stream();
        stream.append(randomBytes(randomInt(1, 100)));
        streams.push(stream);
      }
      const chosen = turn % 3;
      appendToAll(
        streams.filter((_, index) => chosen === 0 || index % 3 === chosen),
      );
      if (turn % 50 === 0) streams.at(-1)!.append(randomBytes(10));
    }
    for (const { sum, expected } of streams)
      expect(sum.total).toEqual(expected);
  });

  it('is worked out once for all streams that get the same', () => {
    const streams = Array.from({ length: 50 }, () => new Stream());
    // Each begins with something of its own.
    for (const stream of streams) stream.append(randomBytes(20));
    for (let turn = 0; turn < 40; turn++) appendToAll(streams);

    const workOut = jest.spyOn(Crc32Piece.prototype, 'appendTo');
    for (let turn = 0; turn < 10; turn++) appendToAll(streams);
    expect(workOut).toHaveBeenCalledTimes(10);
    workOut.mockRestore();
    for (const { sum, expected } of streams)
      expect(sum.total).toEqual(expected);
  });
});
