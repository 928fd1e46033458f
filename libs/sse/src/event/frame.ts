/**
 * Bytes of one or more whole event blocks, made once and shared by every connection that sends them:
 * its identity is what lets connections recognise that they send the same.
 */
export class Frame {
  readonly bytes: Buffer;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
  }

  /** Size in bytes. */
  get size(): number {
    return this.bytes.length;
  }
}

/** A comment line: keeps proxies and watchdogs content, and no client shows it. */
export const HEARTBEAT_FRAME = new Frame(':\n\n');
