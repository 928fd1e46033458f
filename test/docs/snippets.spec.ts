import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { docCommentExamples } from './doc-comments.js';
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

/** What the compiler says of these files, by their names, inside of the workspace so that it finds the packages. */
async function compile(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<string> {
  for (const [name, code] of files) await writeFile(name, code);
  const project = { extends: '../../../tsconfig.json', include: ['*.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: { stdout: string; message: string }) =>
      error.stdout || error.message,
  );
}

describe('the documentation', () => {
  const newFolder = () => temporaryFolder('.snippets', join(root, 'test/docs'));

  it('holds only TypeScript that compiles', async () => {
    const folder = await newFolder();
    const files = new Map<string, string>();
    for (const document of await documents()) {
      for (const code of await snippetsOf(document)) {
        const name = `${document.replaceAll(/[/.]/g, '-')}-${files.size}.ts`;
        files.set(join(folder, name), code);
      }
    }
    expect(files.size).toBeGreaterThan(5);
    expect(await compile(folder, files)).toBe('');
  });

  it('holds only examples in doc comments that compile', async () => {
    const folder = await newFolder();
    const files = await docCommentExamples(root, folder);
    expect(files.size).toBeGreaterThan(20);
    expect(await compile(folder, files)).toBe('');
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
