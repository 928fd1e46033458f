import { watch } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const CHUNK_BYTES = 64 * 1024;

/** A file without line breaks must not fill the memory: what is longer is cut. */
const MAX_LINE_BYTES = 16 * 1024;

/** Of a file that is there already, at most this much of its end is read. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** The watcher only speeds things up; network file systems for one do not call it. */
const POLL_MS = 500;

/**
 * Reads on in a growing file, and through what logs go through: it may not be there yet, be moved away and begun anew,
 * or be truncated in place.
 */
export class FileFollower {
  #handle: FileHandle | undefined;
  #offset = 0;
  #rest = Buffer.alloc(0);
  #isFirstFile = true;

  constructor(private readonly path: string) {}

  /** The whole lines that were written since the last call. */
  async read(): Promise<string[]> {
    const lines: string[] = [];
    if (this.#handle === undefined && !(await this.#open())) return lines;
    while (true) {
      await this.#readToEnd(lines);
      if (!(await this.#wasReplaced())) return lines;
      // The writer may have used the old file until it was moved.
      await this.#readToEnd(lines);
      if (this.#rest.length > 0) lines.push(this.#rest.toString());
      await this.close();
      if (!(await this.#open())) return lines;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<boolean> {
    try {
      this.#handle = await open(this.path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
    if (this.#isFirstFile) {
      const { size } = await this.#handle.stat();
      if (size > MAX_BACKLOG_BYTES)
        await this.#skipTo(size - MAX_BACKLOG_BYTES);
    }
    this.#isFirstFile = false;
    return true;
  }

  /** Skips to the first line that begins after this place. */
  async #skipTo(offset: number): Promise<void> {
    const chunk = await this.#readChunk(offset);
    this.#offset = offset + chunk.indexOf('\n') + 1;
  }

  async #readToEnd(lines: string[]): Promise<void> {
    const { size } = await this.#handle!.stat();
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    while (true) {
      const chunk = await this.#readChunk(this.#offset);
      if (chunk.length === 0) return;
      this.#offset += chunk.length;
      this.#split(chunk, lines);
    }
  }

  async #readChunk(offset: number): Promise<Buffer> {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await this.#handle!.read(
      buffer,
      0,
      CHUNK_BYTES,
      offset,
    );
    return buffer.subarray(0, bytesRead);
  }

  // On bytes, so that a character that lies across two chunks stays whole.
  #split(chunk: Buffer, lines: string[]): void {
    let start = 0;
    let end = chunk.indexOf('\n');
    for (; end !== -1; end = chunk.indexOf('\n', start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#rest.toString().replace(/\r$/, ''));
      this.#rest = Buffer.alloc(0);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, part]).subarray(0, MAX_LINE_BYTES);
  }

  // As long as the old file is open, its number cannot be given to another.
  async #wasReplaced(): Promise<boolean> {
    try {
      const [now, held] = await Promise.all([
        stat(this.path),
        this.#handle!.stat(),
      ]);
      return now.ino !== held.ino || now.dev !== held.dev;
    } catch (error) {
      // Moved away, and not begun anew yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }
}

/**
 * The lines of a file as they are written, in batches; the first batch is what was there before. Ends when `signal` is
 * aborted. The folder must exist.
 */
export async function* followLines(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const follower = new FileFollower(path);
  const waiter = new ChangeWaiter(path, signal);
  try {
    yield await follower.read();
    while (!signal.aborted) {
      await waiter.wait();
      const lines = await follower.read();
      if (lines.length > 0) yield lines;
    }
  } finally {
    waiter.close();
    await follower.close();
  }
}

/** Waits for a change of the folder, a turn of the clock, or the abort: whichever is first. */
class ChangeWaiter {
  #wake: () => void = () => undefined;
  #isDue = false;
  readonly #watcher;
  readonly #timer = setInterval(() => this.#due(), POLL_MS);

  constructor(path: string, signal: AbortSignal) {
    this.#watcher = watch(dirname(path), () => this.#due());
    // A watcher that fails leaves the clock.
    this.#watcher.on('error', () => this.#watcher.close());
    signal.addEventListener('abort', () => this.#due(), { once: true });
  }

  async wait(): Promise<void> {
    if (!this.#isDue) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#isDue = false;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher.close();
  }

  #due(): void {
    this.#isDue = true;
    this.#wake();
  }
}
