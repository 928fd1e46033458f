import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedServer, streamAndEnd } from '../support/scripted-server.js';
import { run } from './consumer.js';

const root = join(import.meta.dirname, '../..');
const installTimeoutMs = 300_000;

describe('the package nestjs-event-stream-client', () => {
  let folder: string;
  let tarball: string;
  let server: ScriptedServer;

  beforeAll(async () => {
    server = await ScriptedServer.start(
      streamAndEnd('data: {"n":1}\n\nevent: stream-end\ndata: {}\n\n'),
    );
    folder = await mkdtemp(join(tmpdir(), 'client-'));
    // Without its scripts, because `npm test` has just built it and other tests may be using that build.
    const packed = await run(
      `npm pack --json --ignore-scripts --pack-destination ${folder}`,
      join(root, 'libs/sse-client'),
    );
    tarball = join(folder, JSON.parse(packed)[0].filename);
  });

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('is a sound package to publint', async () => {
    await run(`npx publint run ${tarball} --strict`, root);
  });

  it('has right types for every way of importing it', async () => {
    await run(`npx attw ${tarball} --profile node16`, root);
  });

  it('is no larger than it may be', async () => {
    await run('npm run --silent size', root);
  });

  describe.each(['^3.1.1', '^4.1.0'])('with eventsource-parser %s', (range) => {
    let consumer: string;

    beforeAll(async () => {
      consumer = await mkdtemp(join(folder, 'consumer-'));
      await writeFile(
        join(consumer, 'package.json'),
        JSON.stringify({
          private: true,
          dependencies: {
            'nestjs-event-stream-client': `file:${tarball}`,
            'eventsource-parser': range,
            rxjs: '^7.8.2',
          },
        }),
      );
      await run('npm install --prefer-offline --no-audit --no-fund', consumer);
    }, installTimeoutMs);

    it.each([
      [
        'import',
        'main.mjs',
        "import { EventStream } from 'nestjs-event-stream-client';\nimport { observeStream } from 'nestjs-event-stream-client/rxjs';",
      ],
      [
        'require',
        'main.cjs',
        "const { EventStream } = require('nestjs-event-stream-client');\nconst { observeStream } = require('nestjs-event-stream-client/rxjs');",
      ],
    ])('streams by %s', async (_how, file, imports) => {
      await writeFile(
        join(consumer, file),
        `${imports}
observeStream(() => new EventStream(process.argv[2])).subscribe({
  next: ({ data }) => console.log(data.n),
  complete: () => console.log('complete'),
});`,
      );
      const command = `${process.execPath} ${file} ${server.url}`;
      expect(await run(command, consumer)).toBe('1\ncomplete\n');
    });
  });
});
