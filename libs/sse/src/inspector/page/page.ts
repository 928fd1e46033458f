import { createHash } from 'node:crypto';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

const OF_NUMBERS = new Set([
  'Since',
  'Waiting',
  'Sent',
  'Streams',
  'A second',
  'Events',
  'Last',
  'Ago',
]);

function columns(names: readonly string[]): string {
  return names
    .map((name) =>
      OF_NUMBERS.has(name)
        ? `<th scope="col" class="number">${name}</th>`
        : `<th scope="col">${name}</th>`,
    )
    .join('');
}

const NUMBERS = [
  ['open', 'streams on this node'],
  ['behind', 'of them behind'],
  ['waiting', 'wait for clients'],
  ['blocks', 'blocks sent a second'],
  ['bytes', 'sent a second'],
  ['window', 'events at hand'],
] as const;

/** The page: one document, with nothing from elsewhere. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Streams · inspector</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header><div>
  <h1>Streams</h1>
  <span class="where" id="where"></span>
  <span class="pill" id="draining" data-state="warn" hidden>draining</span>
  <span class="pill" id="log"></span>
  <span class="pill" id="status" role="status">connecting</span>
</div></header>
<main>
<ul class="tiles">${NUMBERS.map(([id, text]) => `<li><b id="${id}">–</b><span>${text}</span></li>`).join('')}</ul>
<section aria-labelledby="streams-title">
  <div class="head">
    <h2 id="streams-title">Open streams<small id="count"></small></h2>
    <span id="say" role="status"></span>
    <label><input type="checkbox" id="terminal"> tell them to stay away</label>
    <input type="search" id="filter" placeholder="Who, where, route or topic" aria-label="Filter the streams">
  </div>
  <table>
    <thead><tr>${columns(['Who', 'Where', 'Route', 'Topics', 'Since', 'State', 'Cursor', 'Waiting', 'Sent', ''])}</tr></thead>
    <tbody id="streams"></tbody>
  </table>
  <p class="empty" id="streams-none" hidden></p>
</section>
<div class="columns">
<section aria-labelledby="topics-title">
  <div class="head"><h2 id="topics-title">Topics</h2></div>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="topics-title"><table>
    <thead><tr>${columns(['Topic', 'Streams', 'A second', 'Events', 'Last'])}</tr></thead>
    <tbody id="topics"></tbody>
  </table></div>
  <p class="empty" id="topics-none" hidden></p>
</section>
<section aria-labelledby="events-title">
  <div class="head"><h2 id="events-title">Last events</h2></div>
  <div class="scroll" tabindex="0" role="region" aria-labelledby="events-title"><table>
    <thead><tr>${columns(['Event', 'Data', 'Id', 'Ago'])}</tr></thead>
    <tbody id="events"></tbody>
  </table></div>
  <p class="empty" id="events-none" hidden></p>
</section>
</div>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;

/** Nothing but what stands in the page may run, and nobody may frame it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
