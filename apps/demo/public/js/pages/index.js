import '../page.js';
import { showConnection } from '../connection.js';
import { setText } from '../dom.js';
import { LiveStream } from '../live-stream.js';
import { wireView } from '../wire.js';

const shown = Object.fromEntries(
  [...document.querySelectorAll('[data-live]')].map((node) => [
    node.dataset.live,
    node,
  ]),
);
const wire = wireView(document.querySelector('#wire'), { limit: 4 });

function show({ connections, events, loop, memory }) {
  setText(shown.connections, String(connections));
  setText(shown.delivered, `${events.delivered.toFixed(0)} /s`);
  setText(shown.loop, `${loop.p99.toFixed(1)} ms`);
  setText(shown.heap, `${(memory.heapUsed / 2 ** 20).toFixed(0)} MB`);
}

const stream = new LiveStream('/api/metrics/stream')
  .on('metrics.snapshot', ({ samples }, event) => {
    wire('metrics.snapshot', event);
    if (samples.length > 0) show(samples.at(-1));
  })
  .on('metrics.sample', (sample, event) => {
    wire('metrics.sample', event);
    show(sample);
  });
showConnection(stream);
stream.open();
