import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Sighting } from './ledger.js';

/** How a client says what it has: by the id of the last event, or by how many characters it has read. */
export type ResumeBy = 'id' | 'characters';

const RETRY_MS = 200;

/** A client that comes back, to any node, whenever it is cut off. */
export class Client {
  readonly sightings: Sighting[] = [];
  readonly #seen = new Set<string>();
  #request: ClientRequest | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isAway = true;
  #lastEventId: string | undefined;
  #characters = 0;
  #text = '';
  #turn = 0;

  constructor(
    private readonly urls: () => readonly string[],
    private readonly resumeBy: ResumeBy,
  ) {}

  hasSeen(key: string): boolean {
    return this.#seen.has(key);
  }

  open(): void {
    this.#isAway = false;
    this.#connect();
  }

  /** Is cut off, and comes back at once. */
  cut(): void {
    this.#request?.destroy();
  }

  /** Is cut off, and stays away until it is opened again. */
  leave(): void {
    this.#isAway = true;
    clearTimeout(this.#retry);
    this.#request?.destroy();
  }

  #connect(): void {
    const urls = this.urls();
    if (urls.length === 0) return this.#comeBack();
    const url = new URL(urls[this.#turn++ % urls.length]!);
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.resumeBy === 'characters')
      url.searchParams.set('resumeAt', String(this.#characters));
    else {
      // A block of which only a part came is sent again.
      this.#text = '';
      if (this.#lastEventId !== undefined)
        headers['Last-Event-ID'] = this.#lastEventId;
    }
    const request = get(url, { headers, agent: false }, (response) => {
      if (response.statusCode === 200) return this.#read(response);
      this.sightings.push({ kind: 'told', at: performance.now() });
      response.resume();
    });
    this.#request = request;
    request.on('error', () => undefined);
    request.on('close', () => {
      if (this.#request === request) this.#comeBack();
    });
  }

  #comeBack(): void {
    if (this.#isAway) return;
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }

  #read(response: IncomingMessage): void {
    response.setEncoding('utf8');
    response.on('error', () => undefined);
    response.on('data', (text: string) => {
      this.#characters += text.length;
      this.#text += text;
      const blocks = this.#text.split('\n\n');
      this.#text = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    });
  }

  #take(block: string): void {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const at = performance.now();
    if (field('event') === 'stream-reset')
      this.sightings.push({ kind: 'told', at });
    this.#lastEventId = field('id') ?? this.#lastEventId;
    const key = /"key":"([^"]+)"/.exec(field('data') ?? '')?.[1];
    if (key === undefined) return;
    this.#seen.add(key);
    this.sightings.push({ kind: 'event', key, at });
  }
}
