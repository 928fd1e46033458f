/** The byte by which the load side counts events: nothing else on the wire holds it. */
export const MARKER = 0x7e;

/** What every server sends: the time of publication after the marker, and filling. */
export interface Payload {
  readonly at: string;
  readonly text: string;
}

const texts = new Map<number, string>();

/** @param bytes the size of the payload as JSON */
export function makePayload(bytes: number): Payload {
  let text = texts.get(bytes);
  if (text === undefined)
    texts.set(bytes, (text = 'x'.repeat(Math.max(0, bytes - 40))));
  return { at: `~${String(process.hrtime.bigint()).padStart(18, '0')}`, text };
}

/** The event as servers without an encoder of their own write it. */
export function encodePayload(payload: Payload): Buffer {
  return Buffer.from(`data: ${JSON.stringify(payload)}\n\n`);
}

/** Milliseconds since the event behind this marker was published; undefined where it is cut. */
export function ageOf(bytes: Buffer, marker: number): number | undefined {
  if (marker + 19 > bytes.length) return undefined;
  const at = BigInt(bytes.toString('latin1', marker + 1, marker + 19));
  return Number(process.hrtime.bigint() - at) / 1e6;
}
