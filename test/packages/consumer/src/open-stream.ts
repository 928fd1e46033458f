import type { INestApplication } from '@nestjs/common';

/** A stream that is read as text, over HTTP. */
export class OpenStream {
  text = '';

  private constructor(
    private readonly chunks: ReadableStreamDefaultReader<string>,
  ) {}

  static async open(
    app: INestApplication,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<OpenStream> {
    const { status, body } = await fetch(`${await app.getUrl()}${path}`, {
      headers,
    });
    if (status !== 200 || body === null)
      throw new Error(`${path} was answered with the status ${status}.`);
    return new OpenStream(
      body.pipeThrough(new TextDecoderStream()).getReader(),
    );
  }

  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) {
      if (!(await this.#read()))
        throw new Error(`The stream ended after: ${this.text}`);
    }
  }

  async untilClosed(): Promise<void> {
    while (await this.#read());
  }

  /** Drops off. */
  close(): Promise<void> {
    return this.chunks.cancel();
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.chunks.read();
    this.text += value ?? '';
    return !done;
  }
}
