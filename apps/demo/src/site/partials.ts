import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Puts the parts that all pages share where a page says `<!-- include header -->`, and marks the link to the page
 * itself: the only templating the demo needs.
 */
export async function includePartials(
  page: string,
  path: string,
  publicFolder: string,
): Promise<string> {
  let html = page;
  for (const [marker, name] of page.matchAll(/<!-- include ([a-z]+) -->/g)) {
    const part = await readFile(
      join(publicFolder, 'partials', `${name}.html`),
      'utf8',
    );
    html = html.replace(marker, () => part.trim());
  }
  return html.replace(
    `<a href="${path}">`,
    `<a href="${path}" aria-current="page">`,
  );
}
