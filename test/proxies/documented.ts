import { readFileSync } from 'node:fs';

const page = readFileSync(
  new URL('../../docs/proxies.md', import.meta.url),
  'utf8',
);

/**
 * The one block of docs/proxies.md in this language, with what differs here filled in: ports, paths, names.
 * @throws Error if the page has no such block or more of them, or if it does not say what was to be replaced
 */
export function documented(
  language: string,
  replacements: Readonly<Record<string, string>>,
): string {
  const blocks = page
    .split('\n```')
    .filter((block) => block.startsWith(`${language}\n`));
  if (blocks.length !== 1)
    throw new Error(
      `docs/proxies.md has ${blocks.length} blocks of ${language}, not 1.`,
    );
  let text = blocks[0]!.slice(language.length + 1);
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from))
      throw new Error(`docs/proxies.md no longer says "${from}".`);
    text = text.replaceAll(from, to);
  }
  return `${text}\n`;
}
