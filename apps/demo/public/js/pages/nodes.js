import '../page.js';
import { showConnection } from '../connection.js';
import { byId, clockTime, element, plural, say, setText } from '../dom.js';
import { duration, megabytes, percent, perSecond } from '../figures.js';
import { post } from '../http.js';
import { LiveStream } from '../live-stream.js';
import { SampleCount } from '../sample-count.js';

/** A node that has not spoken for so long, while another has, is gone. */
const SILENCE_MS = 3500;

const MAX_HISTORY = 30;

/** By name: the newest sample of each node, its card, and whether it was alive at the last look. */
const nodes = new Map();
const counts = new SampleCount();
let serving;
let streams = [];
let resets = 0;

function cardOf(name) {
  const kill = element(
    'button',
    {
      class: 'button button--small',
      type: 'button',
      hidden: true,
      'aria-label': `Kill ${name}`,
      onclick: () => killNode(name),
    },
    'Kill it',
  );
  const tag = element('span', { class: 'tag' });
  const labels = ['Streams', 'Delivered', 'CPU', 'Memory', 'Process', 'Up'];
  const values = labels.map(() => element('dd', {}, '–'));
  const routes = element('p', { class: 'node__routes' });
  const card = element(
    'article',
    { class: 'panel node', 'data-node': name, 'aria-label': name },
    element(
      'header',
      { class: 'panel__head' },
      element('div', { class: 'node__name' }, element('h2', {}, name), tag),
      kill,
    ),
    element(
      'dl',
      { class: 'node__facts' },
      ...labels.map((label, index) =>
        element('div', {}, element('dt', {}, label), values[index]),
      ),
    ),
    routes,
  );
  const next = [...nodes.keys()].find((other) => other > name);
  byId('nodes').insertBefore(card, nodes.get(next)?.card ?? null);
  return { card, kill, tag, values, routes };
}

function take(sample) {
  counts.add(sample);
  let node = nodes.get(sample.node);
  if (node === undefined) {
    node = cardOf(sample.node);
    nodes.set(sample.node, node);
  }
  const before = node.sample;
  node.sample = sample;
  // The first sample of a process that began while we looked.
  if (sample.number === 1 && before) note(`${sample.node} has started again.`);
  schedule();
}

const newestAt = () =>
  Math.max(...[...nodes.values()].map(({ sample }) => sample.at));

function paint() {
  const now = newestAt();
  for (const [name, node] of nodes) {
    const isGone = now - node.sample.at > SILENCE_MS;
    if (isGone && !node.isGone) note(`${name} is gone.`);
    node.isGone = isGone;
    paintNode(name, node);
  }
  for (const name of ['received', 'missing', 'twice'])
    setText(byId(name), counts[name].toLocaleString('en'));
  for (const name of ['missing', 'twice'])
    byId(name).dataset.tone = counts[name] === 0 ? 'good' : 'bad';
  const known = [...nodes.values()]
    .filter(({ isGone }) => !isGone)
    .map(({ sample }) => sample.process);
  const ghosts = streams.filter(({ node }) => !known.some(isOf(node))).length;
  setText(
    byId('ghosts'),
    ghosts === 0
      ? ''
      : `${plural(ghosts, 'stream')} of a process that died ${ghosts === 1 ? 'is' : 'are'} still listed; what it said of itself expires after twenty seconds.`,
  );
}

/** The library calls a node by its host, its process and something at random. */
const isOf = (node) => (process) =>
  node === process || node.startsWith(`${process}:`);

function paintNode(name, { card, kill, tag, values, routes, sample, isGone }) {
  const serves = serving?.name === name;
  card.dataset.serves = String(serves);
  card.dataset.state = isGone ? 'gone' : 'alive';
  setText(tag, isGone ? 'gone' : serves ? 'serves you' : 'alive');
  tag.dataset.tone = isGone ? 'bad' : serves ? 'accent' : 'good';
  kill.hidden = !serving?.mayBeKilled;
  kill.disabled = isGone;
  const own = streams.filter(({ node }) => isOf(node)(sample.process));
  const figures = [
    String(own.length),
    perSecond(sample.events.delivered),
    percent(sample.cpu.process),
    megabytes(sample.memory.rss / 2 ** 20),
    sample.process.split(':').at(-1),
    duration(sample.uptime),
  ];
  for (const [index, text] of figures.entries())
    setText(values[index], isGone ? '–' : text);
  setText(routes, isGone ? '' : routesOf(own));
}

function routesOf(own) {
  const byRoute = new Map();
  for (const { route } of own)
    byRoute.set(route, (byRoute.get(route) ?? 0) + 1);
  return [...byRoute]
    .map(([route, count]) => `${count} × ${route}`)
    .toSorted()
    .join(', ');
}

let waiting = false;

function schedule() {
  if (waiting) return;
  waiting = true;
  const run = () => {
    waiting = false;
    paint();
  };
  if (document.hidden) setTimeout(run, 1000);
  else requestAnimationFrame(run);
}

function note(text) {
  const now = new Date();
  byId('history').prepend(
    element(
      'li',
      {},
      element('time', { datetime: now.toISOString() }, clockTime(now)),
      element('span', {}, text),
    ),
  );
  while (byId('history').children.length > MAX_HISTORY)
    byId('history').lastElementChild.remove();
}

async function killNode(name) {
  say(byId('result'), '');
  note(`You killed ${name}.`);
  const { problem } = await post('/api/nodes/kill', { node: name });
  if (problem) say(byId('result'), problem, 'bad');
}

const stream = new LiveStream('/api/nodes/stream')
  .on('node.serving', (node) => {
    const before = serving?.name;
    serving = node;
    byId('alone').hidden = !node.isAlone;
    if (before === undefined) note(`${node.name} serves you.`);
    else if (before !== node.name)
      note(`${node.name} serves you now, in place of ${before}.`);
    else note(`${node.name} serves you again.`);
    schedule();
  })
  .on('nodes.streams', (list) => {
    streams = list;
    schedule();
  })
  .on('metrics.sample', take);

let isCatchingUp = false;
stream.addEventListener('change', () => {
  const { resets: now, replayed } = stream.facts;
  // What a reset leaves out is told: the series go on from anywhere.
  if (now !== resets) counts.forget();
  resets = now;
  if (stream.state === 'live' && isCatchingUp && replayed > 0)
    note(`${plural(replayed, 'event')} replayed from your cursor on.`);
  isCatchingUp = stream.state === 'replaying';
});
showConnection(stream);
stream.open();
