import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root, textOf } from './markdown.js';

interface Job {
  readonly strategy?: { readonly matrix: { readonly node: number[] } };
  readonly steps: readonly { readonly run?: string }[];
}

interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

async function workflow(name: string): Promise<Workflow> {
  return parse(await textOf(`.github/workflows/${name}.yml`)) as Workflow;
}

const commandsOf = ({ steps }: Job) => steps.map(({ run }) => run);

/** What the workspace's package.json says. */
async function manifest() {
  return JSON.parse(await textOf('package.json')) as {
    engines: { node: string };
    scripts: Record<string, string>;
  };
}

describe('the workflows', () => {
  it('run the test command of the README, on the oldest version of Node.js and on newer ones', async () => {
    const readme = await textOf('README.md');
    const [, command] = /## Test\n\n```sh\n(.+)\n```/.exec(readme)!;
    const lines = (await textOf('.ci/run')).split('\n');
    expect(
      command!.split(' && ').filter((one) => !lines.includes(one)),
    ).toEqual([]);

    const { test } = (await workflow('ci')).jobs;
    expect(commandsOf(test!)).toContain('./.ci/run');
    const [, oldest] = /(\d+)/.exec((await manifest()).engines.node)!;
    expect(test!.strategy!.matrix.node).toEqual([Number(oldest), 22, 24]);
  });

  it('call only npm scripts that exist', async () => {
    const { scripts } = await manifest();
    const files = await readdir(join(root, '.github/workflows'));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const { jobs } = await workflow(file.replace('.yml', ''));
      const commands = Object.values(jobs).flatMap(commandsOf).join('\n');
      for (const [, script] of commands.matchAll(
        /npm run (?:--silent )?([\w:-]+)/g,
      ))
        expect(scripts).toHaveProperty([script!]);
    }
  });

  it('publish both packages with provenance', async () => {
    for (const name of ['sse', 'sse-client']) {
      const text = await readFile(
        join(root, 'libs', name, 'package.json'),
        'utf8',
      );
      expect(JSON.parse(text)).toMatchObject({
        publishConfig: { access: 'public', provenance: true },
      });
    }
    expect(await textOf('.github/workflows/release.yml')).toContain(
      'id-token: write',
    );
  });
});
