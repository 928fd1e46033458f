import http from 'node:http';

const PATHS = [
  'topic',
  'mixed',
  'snapshot',
  'operators',
  'generator',
  'ending',
  'failing',
  'forbidden',
  'slow',
] as const;

/** What happened to the clients of a soak, so that a look at it shows that all of it did happen. */
export interface SoakCounts {
  opened: number;
  resumed: number;
  refused: number;
  ended: number;
  dropped: number;
  stalled: number;
}

/** One client that comes, does what clients do, and comes back, until it is stopped. */
export class SoakClient {
  #isStopped = false;
  #request: http.ClientRequest | undefined;
  #lastEventId: string | undefined;
  #path = 'topic';

  constructor(
    private readonly port: number,
    private readonly counts: SoakCounts,
  ) {}

  async run(): Promise<void> {
    while (!this.#isStopped) {
      if (Math.random() < 0.5) {
        this.#path = PATHS[Math.floor(Math.random() * PATHS.length)]!;
        this.#lastEventId = undefined;
      }
      await this.#visit();
      await wait(50 * Math.random());
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#request?.destroy();
  }

  #visit(): Promise<void> {
    return new Promise((resolve) => {
      const resumed = this.#lastEventId;
      const request = http.get({
        host: '127.0.0.1',
        port: this.port,
        path: `/${this.#path}`,
        agent: false,
        headers: {
          ...(resumed !== undefined && { 'last-event-id': resumed }),
          ...(Math.random() < 0.2 && { 'accept-encoding': 'gzip' }),
        },
      });
      this.#request = request;
      let life: NodeJS.Timeout | undefined;
      const dropAfter = (ms: number): void => {
        life = setTimeout(() => {
          this.counts.dropped++;
          request.destroy();
        }, ms);
      };
      // One that leaves before it is answered, now and then.
      if (Math.random() < 0.1) dropAfter(5);
      request.on('response', (response) => {
        if (response.statusCode === 200) {
          this.counts.opened++;
          if (resumed !== undefined) this.counts.resumed++;
        } else this.counts.refused++;
        clearTimeout(life);
        if (Math.random() < 0.05) {
          // Takes nothing more; the server may cut it before.
          this.counts.stalled++;
          dropAfter(4_000);
          response.pause();
        } else {
          dropAfter(2_000 * Math.random());
          response.on('data', (bytes: Buffer) => this.#read(bytes));
        }
        response.on('end', () => this.counts.ended++);
        response.on('error', () => undefined);
      });
      request.on('error', () => undefined);
      request.on('close', () => {
        clearTimeout(life);
        resolve();
      });
    });
  }

  #read(bytes: Buffer): void {
    const id = /^id: (.*)$/m.exec(bytes.toString('latin1'))?.[1];
    if (id !== undefined) this.#lastEventId = id;
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
