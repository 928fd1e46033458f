import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { docCommentExamples } from './doc-comments.js';
import { anchorsOf, documents, root, snippetsOf, textOf } from './markdown.js';
import { temporaryFolder } from '../support/folder.js';

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

  it('begins with the same code in every language', async () => {
    const [english] = await snippetsOf('README.md');
    const [chinese] = await snippetsOf('README.zh-CN.md');
    const withoutComments = (code = '') => code.replaceAll(/ *\/\/.*$/gm, '');
    expect(withoutComments(chinese)).toBe(withoutComments(english));
  });

  it('has every guide in the index', async () => {
    const index = await textOf('docs/README.md');
    const guides = (await documents()).filter((one) => one.startsWith('docs/'));
    const missing = guides.filter(
      (one) => one !== 'docs/README.md' && !index.includes(`(${one.slice(5)})`),
    );
    expect(missing).toEqual([]);
  });

  it('links only to files that exist', async () => {
    for (const [document, target] of await links()) {
      if (target.startsWith('#')) continue;
      const [file] = target.split('#');
      const path = join(root, posix.dirname(document), file!);
      await expect(readFile(path)).resolves.toBeDefined();
    }
  });

  it('links only to headings that exist', async () => {
    const missing: string[] = [];
    for (const [document, target] of await links()) {
      const [file = '', heading] = target.split('#');
      if (heading === undefined) continue;
      const linked =
        file === '' ? document : posix.join(posix.dirname(document), file);
      const anchors = await anchorsOf(linked);
      if (!anchors.includes(decodeURIComponent(heading)))
        missing.push(`${document}: ${target}`);
    }
    expect(missing).toEqual([]);
  });
});

/** Every link within the repository: the document that has it, and what it names. */
async function links(): Promise<[document: string, target: string][]> {
  const all: [string, string][] = [];
  for (const document of await documents()) {
    const text = await textOf(document);
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g))
      all.push([document, target!]);
  }
  return all;
}
