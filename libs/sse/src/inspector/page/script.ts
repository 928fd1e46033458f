/** What the page does: shows the states that its stream brings, and ends streams. It sets texts only, never HTML. */
export const SCRIPT = String.raw`
'use strict';
const base = location.pathname.replace(/\/+$/, '');
const byId = (id) => document.getElementById(id);
let last;
let latest;

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function cell(label, content, className = '') {
  const node = element('td', { className }, ...(content ? [content] : []));
  node.dataset.label = label;
  return node;
}

function pill(text, state) {
  const node = element('span', { className: 'pill' }, text);
  node.dataset.state = state;
  return node;
}

function amount(value) {
  if (value < 1000) return String(Math.round(value * 10) / 10);
  if (value < 1e6) return (value / 1e3).toFixed(1) + ' k';
  return (value / 1e6).toFixed(1) + ' M';
}

function bytes(value) {
  if (value < 1024) return Math.round(value) + ' B';
  if (value < 1048576) return (value / 1024).toFixed(1) + ' KiB';
  return (value / 1048576).toFixed(1) + ' MiB';
}

function ago(from, now) {
  const seconds = Math.max(0, Math.round((now - from) / 1000));
  if (seconds < 60) return seconds + ' s';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min';
  if (seconds < 86400) return Math.floor(seconds / 3600) + ' h';
  return Math.floor(seconds / 86400) + ' d';
}

function stateOf(one) {
  if (one.node !== undefined) return pill('on another node', 'none');
  if (one.isBehind)
    return pill(one.behindBy > 0 ? 'behind by ' + amount(one.behindBy) : 'catching up', 'warn');
  if (one.isCongested) return pill('congested', 'warn');
  return pill('live', 'good');
}

function connectionRow(one, now) {
  const end = element('button', { type: 'button', onclick: () => disconnect(one.id) }, 'Disconnect');
  end.dataset.connection = one.id;
  end.setAttribute('aria-label', 'Disconnect ' + (one.principal ?? 'anonymous') + ' from ' + one.route);
  const where = element('span', {}, one.address ?? '');
  if (one.node !== undefined) where.append(element('div', { className: 'dim' }, one.node));
  const place = one.cursor ?? one.lastEventId;
  return element('tr', {},
    cell('Who', one.principal ?? element('span', { className: 'dim' }, 'anonymous')),
    cell('Where', where),
    cell('Route', one.route),
    cell('Topics', element('code', {}, one.topics.join(' ') || 'none')),
    cell('Since', ago(one.openedAt, now), 'number'),
    cell('State', stateOf(one)),
    cell('Cursor', place === undefined ? '' : element('code', { className: 'dim whole' }, place)),
    cell('Waiting', one.waitingBytes === undefined ? '' : bytes(one.waitingBytes), 'number'),
    cell('Sent', one.blocksSent === undefined ? '' : amount(one.blocksSent), 'number'),
    cell('End it', end, 'number'));
}

function topicRow(one, now) {
  return element('tr', {},
    cell('Topic', element('code', {}, one.topic)),
    cell('Streams', String(one.streams), 'number'),
    cell('A second', amount(one.perSecond), 'number'),
    cell('Events', amount(one.events), 'number'),
    cell('Last', one.lastAt === undefined ? 'none' : ago(one.lastAt, now), 'number'));
}

function eventRow(one, now) {
  const what = element('span', {}, one.type, ' ', element('code', { className: 'dim' }, one.topic));
  const data = one.data === undefined ? bytes(one.bytes) : element('code', { className: 'data', title: one.data }, one.data);
  return element('tr', {},
    cell('Event', what),
    cell('Data', data),
    cell('Id', element('code', { className: 'dim whole' }, one.id ?? 'transient')),
    cell('Ago', ago(one.publishedAt, now), 'number'));
}

function fill(id, rows, none) {
  byId(id).replaceChildren(...rows);
  byId(id + '-none').hidden = rows.length > 0;
  byId(id + '-none').textContent = none;
}

function tile(id, value) {
  byId(id).textContent = value;
}

function showStreams() {
  const { at, connections, moreConnections } = latest;
  const wanted = byId('filter').value.trim().toLowerCase();
  const texts = (one) => [one.principal, one.address, one.route, one.node, one.id, ...one.topics];
  const isWanted = (one) => texts(one).some((text) => text && text.toLowerCase().includes(wanted));
  const shown = wanted === '' ? connections : connections.filter(isWanted);
  // A row that is being used stays under the pointer and keeps the focus.
  const focused = document.activeElement?.dataset?.connection;
  fill('streams', shown.map((one) => connectionRow(one, at)), wanted === '' ? 'No stream is open.' : 'No stream matches.');
  if (focused) document.querySelector('[data-connection="' + CSS.escape(focused) + '"]')?.focus();
  byId('count').textContent = moreConnections > 0
    ? connections.length + ' of ' + (connections.length + moreConnections) : String(connections.length);
}

function show(state) {
  latest = state;
  const { at, node, log, totals } = state;
  byId('where').textContent = node.host + ', process ' + node.pid + ', up for ' + ago(node.startedAt, at);
  const logPill = byId('log');
  logPill.textContent = log.name + ' log ' + (log.isUp ? 'up' : 'down');
  logPill.dataset.state = log.isUp && log.isTailRunning ? 'good' : 'bad';
  byId('draining').hidden = !node.isDraining;
  tile('open', amount(totals.open));
  tile('behind', amount(totals.behind));
  tile('waiting', bytes(totals.waitingBytes));
  if (last !== undefined && at > last.at) {
    const seconds = (at - last.at) / 1000;
    tile('blocks', amount((totals.blocksSent - last.totals.blocksSent) / seconds));
    tile('bytes', bytes((totals.bytesSent - last.totals.bytesSent) / seconds));
  }
  tile('window', log.window === undefined ? '-' : amount(log.window.events));
  last = state;
  showStreams();
  fill('topics', state.topics.map((one) => topicRow(one, at)), 'No topic has streams or events yet.');
  fill('events', state.events.map((one) => eventRow(one, at)), 'Nothing was published since this process started.');
}

async function disconnect(connection) {
  const say = byId('say');
  try {
    const response = await fetch(base + '/disconnect', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sse-inspector': '1' },
      body: JSON.stringify({ connection, terminal: byId('terminal').checked }),
    });
    say.textContent = response.ok ? 'Disconnected.' : 'It was not disconnected: status ' + response.status + '.';
  } catch {
    say.textContent = 'The server cannot be reached.';
  }
}

function watch() {
  const source = new EventSource(base + '/stream');
  const status = byId('status');
  const setStatus = (text, state) => {
    status.textContent = text;
    status.dataset.state = state;
  };
  source.addEventListener('state', ({ data }) => {
    setStatus('watching', 'good');
    show(JSON.parse(data));
  });
  source.addEventListener('error', () =>
    source.readyState === EventSource.CLOSED ? setStatus('closed', 'bad') : setStatus('reconnecting', 'warn'));
}

byId('filter').addEventListener('input', () => latest && showStreams());
watch();
`;
