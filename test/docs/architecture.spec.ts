import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'libs/sse/src');

describe('docs/architecture.md', () => {
  it('names only files and folders that exist', async () => {
    const page = await architecture();
    const paths = [...page.matchAll(/`([\w./-]+(?:\.ts|\/))`/g)].map(
      ([, path]) => path!,
    );
    expect(paths.length).toBeGreaterThan(80);
    expect(paths.filter((path) => !existsSync(placeOf(path)))).toEqual([]);
  });

  it('has a row with rooms and tests for every promise that a test title names', async () => {
    const rows = [
      ...(await architecture()).matchAll(
        /^\| \*\*([A-Z]\d)\*\* +\|[^|]+\|([^|]+)\|([^|]+)\|$/gm,
      ),
    ];
    const promises = rows
      .filter(
        ([, , rooms, tests]) => rooms!.includes('`') && tests!.includes('`'),
      )
      .map(([, promise]) => promise!);
    const named = await promisesInTitles();
    expect(named.size).toBeGreaterThan(30);
    expect([...named].filter((one) => !promises.includes(one))).toEqual([]);
  });
});

function architecture(): Promise<string> {
  return readFile(join(root, 'docs/architecture.md'), 'utf8');
}

function placeOf(path: string): string {
  return path.startsWith('test/') || path.startsWith('libs/')
    ? join(root, path)
    : join(sources, path);
}

async function promisesInTitles(): Promise<Set<string>> {
  const named = new Set<string>();
  for (const folder of ['test', 'libs']) {
    const files = await readdir(join(root, folder), { recursive: true });
    for (const file of files.filter(isSource)) {
      const text = await readFile(join(root, folder, file), 'utf8');
      for (const [, promise] of text.matchAll(/['"`]([WRBCSANG]\d) [a-z]/g))
        named.add(promise!);
    }
  }
  return named;
}

function isSource(file: string): boolean {
  return file.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(file);
}
