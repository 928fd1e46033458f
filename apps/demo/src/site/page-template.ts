import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pages, type PageCard, type SitePage } from './pages.js';

/** What is made of the list of pages. Its texts are our own, so they need no escaping. */
const lists: Readonly<Record<string, (path: string) => string>> = {
  navigation: (path) =>
    pages.map((page) => (page.card ? linkTo(page, path) : '')).join('\n'),
  cards: () =>
    pages.map((page) => (page.card ? cardOf(page, page.card) : '')).join('\n'),
};

/**
 * Puts a list, or a part that pages share, where a page says `<!-- include NAME -->`; a part may include others. It is
 * the only templating the demo needs.
 */
export async function fillTemplate(
  template: string,
  path: string,
  publicFolder: string,
): Promise<string> {
  let html = template;
  for (const [marker, name = ''] of template.matchAll(
    /<!-- include ([a-z]+) -->/g,
  )) {
    const part =
      lists[name]?.(path) ??
      (await fillTemplate(
        await readFile(join(publicFolder, 'partials', `${name}.html`), 'utf8'),
        path,
        publicFolder,
      ));
    html = html.replace(marker, () => part.trim());
  }
  return html;
}

function linkTo({ path, title }: SitePage, current: string): string {
  const mark = path === current ? ' aria-current="page"' : '';
  return `<a href="${path}"${mark}>${title}</a>`;
}

function cardOf({ path, title }: SitePage, card: PageCard): string {
  return `<li class="panel card">
  <h3><a href="${path}">${title}</a></h3>
  <p>${card.text}</p>
  <code>${card.shows}</code>
</li>`;
}
