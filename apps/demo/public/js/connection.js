import { say, setText } from './dom.js';
import { post } from './http.js';
import { pageId } from './live-stream.js';
import { showNotice } from './notice.js';

const labels = {
  connecting: 'connecting',
  replaying: 'catching up',
  live: 'live',
  reset: 'reset',
  ended: 'ended',
  closed: 'closed',
  refused: 'refused',
  paused: 'paused',
};

/** The states in which no EventSource is at work. */
const AT_REST = ['ended', 'closed', 'refused', 'paused'];

export const isAtRest = ({ state }) => AT_REST.includes(state);

/** Shows the state of a stream in the header, and its history in the strip if the page has one. */
export function showConnection(stream) {
  const pill = document.querySelector('#pill');
  const label = document.querySelector('#pill-label');
  const status = document.querySelector('#pill-status');
  const notice = document.querySelector('#notice');
  pill.hidden = false;

  const paint = () => {
    const { state } = stream;
    pill.dataset.state = state;
    if (state === 'reconnecting') {
      const seconds = Math.ceil((stream.retryAt - Date.now()) / 1000);
      setText(
        label,
        seconds > 0 ? `reconnecting in ${seconds} s` : 'reconnecting',
      );
    } else {
      setText(label, labels[state]);
    }
    // The countdown is for the eye: a screen reader hears each state once.
    setText(
      status,
      `Stream: ${state === 'reconnecting' ? state : labels[state]}`,
    );
    paintFacts(stream);
    showNotice(notice, stream.notice, () => stream.open());
  };

  // A burst of events changes the facts hundreds of times per frame; one paint is enough.
  let waiting = false;
  stream.addEventListener('change', () => {
    if (waiting) return;
    waiting = true;
    const done = () => {
      waiting = false;
      paint();
    };
    if (document.hidden) setTimeout(done, 250);
    else requestAnimationFrame(done);
  });
  setInterval(() => stream.state === 'reconnecting' && paint(), 250);

  // A page that comes back from the back/forward cache finds its EventSource closed.
  addEventListener('pageshow', (event) => {
    if (event.persisted && !isAtRest(stream)) stream.open();
  });

  setUpStrip(stream);
  paint();
}

function setUpStrip(stream) {
  if (!stream.resumes) {
    for (const fact of document.querySelectorAll('[data-resumes]'))
      fact.hidden = true;
  }
  const button = document.querySelector('[data-action="cut"]');
  if (!button) return;
  const result = document.querySelector('#cut-result');
  // Not `disabled`, which would take the focus from somebody who works by keyboard.
  const allow = (yes) => button.setAttribute('aria-disabled', String(!yes));
  button.addEventListener('click', async () => {
    if (button.ariaDisabled === 'true') return;
    allow(false);
    const { problem } = await cut();
    say(result, problem ?? '', problem && 'bad');
  });
  stream.addEventListener('change', () => {
    allow(['live', 'replaying', 'reset'].includes(stream.state));
  });
}

/** The server destroys the socket under this page's stream: to the browser a broken network, not a goodbye. */
const cut = () => post('/api/connections/cut', { page: pageId });

function paintFacts(stream) {
  const { received, replayed, reconnects, resets, heartbeatMs, cursor } =
    stream.facts;
  const shown = {
    received: received.toLocaleString('en'),
    replayed: replayed === undefined ? '–' : replayed.toLocaleString('en'),
    reconnects: String(reconnects),
    resets: String(resets),
    heartbeat: heartbeatMs
      ? `${heartbeatMs / 1000} s`
      : heartbeatMs === undefined
        ? '–'
        : 'off',
    cursor: cursor || 'none yet',
  };
  for (const [name, text] of Object.entries(shown)) {
    const node = document.querySelector(`[data-fact="${name}"]`);
    if (!node) continue;
    setText(node, text);
    if (name === 'cursor') node.title = text;
  }
}
