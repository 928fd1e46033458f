import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The README in all its languages and every guide, by their paths in the repository. */
export async function documents(): Promise<string[]> {
  const inRoot = await readdir(root);
  const guides = await readdir(join(root, 'docs'), { recursive: true });
  return [
    ...inRoot.filter((name) => /^README.*\.md$/.test(name)),
    ...guides
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
}

export function textOf(document: string): Promise<string> {
  return readFile(join(root, document), 'utf8');
}

/** The TypeScript in a document, one entry a block. */
export async function snippetsOf(document: string): Promise<string[]> {
  const text = await textOf(document);
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code]) => code!,
  );
}

/** What a link can name behind `#`: the headings of a document, as those who render it spell them. */
export async function anchorsOf(document: string): Promise<string[]> {
  const text = (await textOf(document)).replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
