import '../page.js';
import { isAtRest, showConnection } from '../connection.js';
import { byId, clockTime, plural, setText } from '../dom.js';
import { LiveStream } from '../live-stream.js';
import { wireView } from '../wire.js';

const RETRY_MS = 10_000;
const panel = document.querySelector('.clock');
const wire = wireView(byId('wire'), { limit: 8 });

const stream = new LiveStream('/api/clock/stream', {
  resumes: false,
  retryMs: RETRY_MS,
}).on('connecttime', ({ now, second }, event) => {
  setText(byId('time'), clockTime(now));
  byId('time').dateTime = now;
  setText(byId('since'), `Connected for ${plural(second, 'second')}`);
  wire('connecttime', event);
});

const toggle = byId('toggle');
stream.addEventListener('change', () => {
  setText(toggle, isAtRest(stream) ? 'Open again' : 'Close');
  panel.toggleAttribute('data-stopped', stream.state !== 'live');
  if (stream.state === 'closed') setText(byId('since'), 'Closed by this page');
  if (stream.state === 'reconnecting')
    setText(byId('since'), 'The browser waits ten seconds');
});
toggle.addEventListener('click', () =>
  isAtRest(stream) ? stream.open() : stream.close(),
);

showConnection(stream);
stream.open();
