import { writeHeapSnapshot } from 'node:v8';
import type { Contestant, Start } from './contestant.js';
import { PublishWindow, type WindowOptions } from './window.js';

/** The process of a server: starts the one that its arguments name, and does what it is told over the channel. */
const [file = '', options = '{}'] = process.argv.slice(2);

interface Message {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
  readonly acknowledged?: number;
}

let contestant: Contestant;
let window: PublishWindow | undefined;

const commands: Record<string, (argument: never) => unknown> = {
  start: async () => {
    const module = (await import(`./${file}.js`)) as { start: Start };
    contestant = await module.start(JSON.parse(options) as never);
    const { port, path, readyWhen } = contestant;
    return { port, path, readyWhen };
  },
  window: (argument: WindowOptions) => {
    window = new PublishWindow(contestant, argument);
    return window.run();
  },
  memory: async () => {
    for (let round = 0; round < 4; round++) {
      global.gc!();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heapUsed, external, rss };
  },
  /** For a look by hand: writes a heap snapshot to this file. */
  snapshot: (file: string) => writeHeapSnapshot(file),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

process.on('message', (message: Message) => {
  if (message.acknowledged !== undefined) {
    window?.acknowledge(message.acknowledged);
    return;
  }
  void answer(message);
});

process.on('disconnect', () => process.exit());

async function answer({ id, method, argument }: Message): Promise<void> {
  try {
    const command = commands[method] ?? contestant.calls?.[method];
    const result = await command!(argument as never);
    process.send!({ id, result });
  } catch (error) {
    process.send!({ id, error: String(error) });
  }
}
