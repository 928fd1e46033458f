import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The texts of the first column below this heading. */
async function firstColumnOf(heading: string): Promise<string[]> {
  const page = await readFile(join(root, 'docs/troubleshooting.md'), 'utf8');
  const [, rest = ''] = page.split(`## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, text]) => text!);
}

/** All sources of the library as one text, with literals that are split over lines put together. */
async function librarySources(): Promise<string> {
  const sources = join(root, 'libs/sse/src');
  const files = await readdir(sources, { recursive: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFile(join(sources, file), 'utf8')),
  );
  return texts.join('\n').replaceAll(/['"`] \+\s+['"`]/g, '');
}

describe('docs/troubleshooting.md', () => {
  it('quotes only lines that the library logs', async () => {
    const lines = await firstColumnOf('What the log says');
    const sources = await librarySources();
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !sources.includes(line))).toEqual([]);
  });
});
