import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../support/folder.js';
import { ScriptedServer, streamAndEnd } from '../support/scripted-server.js';
import { run } from './consumer.js';

const root = join(import.meta.dirname, '../..');
const installTimeoutMs = 300_000;

/** The packages that hold the programs themselves: what those of the usual names fetch when they are installed. */
const { platform, arch } = process;
const isLinux = platform === 'linux';
const RUNTIMES = [
  {
    name: 'Deno',
    package: `@deno/${platform}-${arch}${isLinux ? '-glibc' : ''}`,
    program: 'deno',
    command: 'run --allow-net --allow-env --no-lock',
  },
  {
    name: 'Bun',
    package: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`,
    program: 'bin/bun',
    command: 'run',
  },
];

const PROGRAM = `
import { EventStream } from 'nestjs-event-stream-client';
import process from 'node:process';

const stream = new EventStream(process.argv[2], { retry: { baseMs: 1 } });
try {
  for await (const { data } of stream) console.log(data.n);
  console.log(stream.state.name + ' ' + stream.state.reason);
} catch (error) {
  console.log(error);
}
`;

describe('the package nestjs-event-stream-client', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder('runtimes');
    // Without its scripts, because `npm test` has just built it and other tests may be using that build.
    const packed = await run(
      `npm pack --json --ignore-scripts --pack-destination ${folder}`,
      join(root, 'libs/sse-client'),
    );
    const manifest = {
      private: true,
      type: 'module',
      dependencies: {
        'nestjs-event-stream-client': `file:${JSON.parse(packed)[0].filename}`,
        ...Object.fromEntries(RUNTIMES.map((one) => [one.package, '*'])),
      },
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'main.mjs'), PROGRAM);
    await run('npm install --prefer-offline --no-audit --no-fund', folder);
  }, installTimeoutMs);

  it.each(RUNTIMES)(
    'R2 resumes in $name after its connection ended, and stops at the end',
    async ({ package: name, program, command }) => {
      const server = await ScriptedServer.start(
        // Not a reset: Bun throws away what it has not handed over by then, and the server here sends it only once.
        streamAndEnd('id: 7\ndata: {"n":1}\n\n'),
        streamAndEnd('data: {"n":2}\n\nevent: stream-end\ndata: {}\n\n'),
      );
      const path = join(folder, 'node_modules', name, program);
      await chmod(path, 0o755);
      const printed = await run(
        `${path} ${command} main.mjs ${server.url}`,
        folder,
      );
      expect(printed).toBe('1\n2\nclosed ended\n');
      expect(
        server.requests.map(({ headers }) => headers['last-event-id']),
      ).toEqual([undefined, '7']);
    },
  );
});
