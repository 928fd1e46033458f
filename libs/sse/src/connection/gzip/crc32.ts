// The CRC of what two pieces say together, from the CRC of each: a client's gzip trailer covers all that it
// was sent, and the pieces are shared with other clients that joined at other places. CRCs are polynomials
// over GF(2), reflected; appending n bytes multiplies by x^(8n).
// https://www.rfc-editor.org/rfc/rfc1952#section-8

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** x^(2^n) for every n that a 32-bit length can need. */
const POWERS = powersOfX();

/** What appending this many bytes does to a CRC, for {@link combineCrc32}. */
export function crc32Shift(bytes: number): number {
  let shift = ONE;
  // x^(8n): eight is 2^3.
  for (
    let index = 3, rest = bytes;
    rest > 0;
    index++, rest = Math.floor(rest / 2)
  ) {
    if (rest % 2 === 1) shift = multiply(POWERS[index % 32]!, shift);
  }
  return shift >>> 0;
}

/** The CRC of a first piece and a second one, with the shift of the second one's length. */
export function combineCrc32(
  first: number,
  second: number,
  shift: number,
): number {
  return (multiply(shift, first) ^ second) >>> 0;
}

function powersOfX(): readonly number[] {
  const powers = [0x40000000];
  while (powers.length < 32)
    powers.push(multiply(powers.at(-1)!, powers.at(-1)!));
  return powers;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let rest = a | 0, factor = b | 0; rest !== 0; rest <<= 1) {
    if (rest < 0) product ^= factor;
    factor = (factor >>> 1) ^ (-(factor & 1) & POLYNOMIAL);
  }
  return product >>> 0;
}
