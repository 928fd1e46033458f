import '../page.js';
import { showConnection } from '../connection.js';
import { byId, clockTime, element, say, setText } from '../dom.js';
import { get } from '../http.js';
import { LiveStream } from '../live-stream.js';

const MAX_ROWS = 500;
const KEPT_ROWS = 200;
const STORE = 'log-tail';

const list = byId('log');
const scroll = byId('log-scroll');

/** `last` holds the newest number of each series: a process of the server begins a series of its own. */
const counts = { lines: 0, last: {}, gaps: 0, doubles: 0 };
let lines = [];
let following = true;

function add(line, replayed) {
  const last = counts.last[line.series];
  if (last && line.number <= last) {
    counts.doubles++;
    return;
  }
  // Of a series that is new here, what was before is not missing.
  counts.lines += last ? 1 : line.number;
  if (last) counts.gaps += line.number - last - 1;
  counts.last[line.series] = line.number;
  lines.push(line);
  lines = lines.slice(-KEPT_ROWS);
  append(row(line, replayed));
}

function append(node) {
  list.append(node);
  while (list.children.length > MAX_ROWS) list.firstElementChild.remove();
  paint();
}

let waiting = false;

function paint() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    byId('log-empty').hidden = list.children.length > 0;
    setText(byId('log-lines'), counts.lines.toLocaleString('en'));
    for (const name of ['gaps', 'doubles']) {
      const node = byId(`log-${name}`);
      setText(node, String(counts[name]));
      node.dataset.tone = counts[name] === 0 ? 'good' : 'bad';
    }
    if (following) scroll.scrollTop = scroll.scrollHeight;
  });
}

function row({ number, text }, replayed) {
  const cell = (name, content, attributes = {}) =>
    element('span', { class: `log__${name}`, ...attributes }, content);
  let entry;
  try {
    entry = JSON.parse(text);
  } catch {
    // Anybody may write to a file; a line that is no JSON is shown as it is.
    entry = { path: text };
  }
  const { at, method = '', path = '', status = '', ms, aborted } = entry;
  return element(
    'li',
    { class: `log__line${replayed ? ' log__line--replayed' : ''}` },
    cell('number', String(number)),
    cell('time', at ? clockTime(at) : ''),
    cell('method', method),
    cell('path', path),
    cell('end', aborted ? 'cut off' : ''),
    cell('status', String(status), { 'data-tone': tone(status) }),
    cell('duration', ms === undefined ? '' : duration(ms)),
  );
}

function tone(status) {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'good';
}

function duration(ms) {
  return ms < 10_000
    ? `${ms.toLocaleString('en')} ms`
    : `${(ms / 1000).toFixed(0)} s`;
}

const mark = (text) => append(element('li', { class: 'log__mark' }, text));

/** A reload makes a new EventSource, which knows no cursor; lines and cursor are kept together or not at all. */
function save() {
  try {
    const state = { cursor: stream.facts.cursor, lines, counts };
    sessionStorage.setItem(STORE, JSON.stringify(state));
  } catch {
    // Storage may be forbidden or full; a reload then starts from the snapshot.
  }
}

function restore() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? 'null');
    if (!kept?.cursor) return '';
    ({ lines } = kept);
    Object.assign(counts, kept.counts);
    for (const line of lines) list.append(row(line, false));
    mark('Page loaded again: the lines above are from before');
    return kept.cursor;
  } catch {
    return '';
  }
}

const stream = new LiveStream('/api/log/stream', { cursor: restore() });
let replaying = false;

stream
  .on('log.snapshot', ({ lines: snapshot }) => {
    lines = [];
    list.replaceChildren();
    counts.lines = 0;
    counts.last = {};
    for (const line of snapshot) add(line, false);
    paint();
  })
  .on('log.line', (line) => add(line, replaying));

stream.addEventListener('change', () => {
  const wasReplaying = replaying;
  replaying = stream.state === 'replaying';
  if (wasReplaying && stream.state === 'live' && stream.facts.replayed > 0) {
    mark(`${stream.facts.replayed} replayed, live again`);
  }
});

addEventListener('pagehide', save);
document.addEventListener('visibilitychange', () => document.hidden && save());

showConnection(stream);
stream.open();

byId('request').addEventListener('click', async () => {
  const { problem } = await get('/api/log/ping');
  say(byId('request-result'), problem ?? '', problem && 'bad');
});

const follow = byId('follow');
function setFollowing(on) {
  following = on;
  setText(follow, on ? 'Pause scrolling' : 'Resume scrolling');
  if (on) scroll.scrollTop = scroll.scrollHeight;
}
follow.addEventListener('click', () => setFollowing(!following));
