import '../page.js';
import { chart } from '../charts.js';
import { showConnection } from '../connection.js';
import { byId, plural, say, setText } from '../dom.js';
import {
  duration,
  megabytes,
  milliseconds,
  percent,
  perSecond,
} from '../figures.js';
import { post } from '../http.js';
import { LiveStream, pageId } from '../live-stream.js';

const WINDOW = 120;
const whole = (value) => String(Math.round(value));

/** Each chart with what it reads from a sample, in the order of its series. */
const charts = [
  {
    draw: chart(byId('chart-cpu'), {
      top: 100,
      axisFormat: (value) => `${value} %`,
      series: [
        { label: 'host', format: percent, stroke: '--series-2' },
        {
          label: 'process, of one CPU',
          format: percent,
          stroke: '--series-1',
          fill: true,
        },
      ],
    }),
    read: [(sample) => sample.cpu.host, (sample) => sample.cpu.process],
  },
  {
    draw: chart(byId('chart-memory'), {
      top: 32,
      axisFormat: megabytes,
      series: [
        { label: 'RSS', format: megabytes, stroke: '--series-2' },
        {
          label: 'heap in use',
          format: megabytes,
          stroke: '--series-1',
          fill: true,
        },
      ],
    }),
    read: [
      (sample) => sample.memory.rss / 2 ** 20,
      (sample) => sample.memory.heapUsed / 2 ** 20,
    ],
  },
  {
    draw: chart(byId('chart-loop'), {
      top: 5,
      axisFormat: (value) => `${value} ms`,
      series: [
        {
          label: 'longest',
          format: milliseconds,
          stroke: '--series-2',
          dash: [3, 3],
        },
        {
          label: 'p99',
          format: milliseconds,
          stroke: '--series-1',
          fill: true,
        },
      ],
    }),
    read: [(sample) => sample.loop.max, (sample) => sample.loop.p99],
  },
  {
    draw: chart(byId('chart-events'), {
      top: 10,
      axisFormat: whole,
      series: [
        { label: 'published', format: perSecond, stroke: '--series-2' },
        {
          label: 'delivered',
          format: perSecond,
          stroke: '--series-1',
          fill: true,
        },
      ],
    }),
    read: [
      (sample) => sample.events.published,
      (sample) => sample.events.delivered,
    ],
  },
  {
    draw: chart(byId('chart-connections'), {
      top: 4,
      stepped: true,
      axisFormat: whole,
      series: [
        { label: 'open', format: whole, stroke: '--series-1', fill: true },
      ],
    }),
    read: [(sample) => sample.connections],
  },
];

let samples = [];
let server;

function paint() {
  const times = samples.map(({ at }) => at / 1000);
  for (const { draw, read } of charts)
    draw([times, ...read.map((value) => samples.map(value))]);
  const newest = samples.at(-1);
  if (newest) showServer(newest);
}

function showServer({ load, uptime, memory }) {
  const shown = {
    load: load.toFixed(2),
    uptime: duration(uptime),
    memory: server
      ? `${(memory.hostUsed / 2 ** 30).toFixed(1)} of ${(server.memoryTotal / 2 ** 30).toFixed(1)} GB`
      : '–',
    platform: server?.platform ?? '–',
    node: server?.node ?? '–',
    cpus: server ? String(server.cpus) : '–',
  };
  for (const [name, text] of Object.entries(shown)) {
    setText(document.querySelector(`[data-server="${name}"]`), text);
  }
}

const burst = {
  id: undefined,
  of: 0,
  seen: new Set(),
  doubles: 0,
  lastNumber: 0,
  disorder: 0,
};

function countBurst({ burst: id, number, of }) {
  if (burst.id !== id) {
    Object.assign(burst, { id, of, doubles: 0, lastNumber: 0, disorder: 0 });
    burst.seen.clear();
  }
  if (burst.seen.has(number)) burst.doubles++;
  else if (number < burst.lastNumber) burst.disorder++;
  burst.seen.add(number);
  burst.lastNumber = number;
}

let waiting = false;

/** One paint per frame, however many events it brought: a replay of 500 is one repaint. */
function schedule() {
  if (waiting) return;
  waiting = true;
  const run = () => {
    waiting = false;
    paint();
    if (burst.id !== undefined) showBurst();
  };
  if (document.hidden) setTimeout(run, 1000);
  else requestAnimationFrame(run);
}

function showBurst() {
  const missing = burst.of - burst.seen.size;
  setText(
    byId('burst-result'),
    `${burst.seen.size} of ${plural(burst.of, 'event')} arrived: ` +
      (missing === 0 ? 'none missing' : `${missing} to come`) +
      `, ${burst.doubles === 0 ? 'none twice' : `${burst.doubles} twice`}` +
      `, ${burst.disorder === 0 ? 'all in order' : `${burst.disorder} out of order`}.`,
  );
}

const stream = new LiveStream('/api/metrics/stream')
  .on('metrics.snapshot', (snapshot) => {
    ({ server, samples } = snapshot);
    schedule();
  })
  .on('metrics.sample', (sample) => {
    samples = [...samples, sample].slice(-WINDOW);
    schedule();
  })
  .on('burst.tick', (tick) => {
    countBurst(tick);
    schedule();
  });
showConnection(stream);
stream.open();

async function publishBurst(cutFirst) {
  const result = byId('burst-result');
  say(
    result,
    cutFirst ? 'Cut; 500 events are being published.' : 'Publishing.',
  );
  const { problem } = await post('/api/metrics/burst', {
    cut: cutFirst ? pageId : undefined,
  });
  if (problem) say(result, problem, 'bad');
}
byId('burst').addEventListener('click', () => publishBurst(false));
byId('cut-burst').addEventListener('click', () => publishBurst(true));
