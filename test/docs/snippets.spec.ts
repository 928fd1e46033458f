import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function documents(): Promise<string[]> {
  const guides = await readdir(join(root, 'docs'));
  return [
    'README.md',
    ...guides
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
}

async function snippetsOf(document: string): Promise<string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code]) => code!,
  );
}

// The compiler takes its time on a busy machine.
jest.setTimeout(180_000);

describe('the documentation', () => {
  it('holds only TypeScript that compiles', async () => {
    // Inside of the workspace, so that the compiler finds the packages.
    const folder = await temporaryFolder('.snippets', join(root, 'test/docs'));
    let count = 0;
    for (const document of await documents()) {
      for (const code of await snippetsOf(document)) {
        const name = `${document.replaceAll(/[/.]/g, '-')}-${++count}.ts`;
        await writeFile(join(folder, name), code);
      }
    }
    expect(count).toBeGreaterThan(5);
    const project = { extends: '../../../tsconfig.json', include: ['*.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));

    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const output = await promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      folder,
    ]).then(
      () => '',
      (error: { stdout: string; message: string }) =>
        error.stdout || error.message,
    );
    expect(output).toBe('');
  });

  it('links only to files that exist', async () => {
    for (const document of await documents()) {
      const text = await readFile(join(root, document), 'utf8');
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        const file = new URL(target!, new URL(document, `file://${root}`));
        await expect(readFile(file)).resolves.toBeDefined();
      }
    }
  });
});
