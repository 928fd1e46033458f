import { element, setText } from './dom.js';
import { pageId } from './live-stream.js';

const labels = {
  connecting: 'connecting',
  replaying: 'catching up',
  live: 'live',
  reset: 'reset',
  ended: 'ended',
  closed: 'closed',
  refused: 'refused',
};

/** Shows the state of a stream in the header, and its history in the strip if the page has one. */
export function showConnection(stream) {
  const pill = document.querySelector('#pill');
  const label = document.querySelector('#pill-label');
  const status = document.querySelector('#pill-status');

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
    paintNotice(stream);
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
    if (
      event.persisted &&
      !['ended', 'closed', 'refused'].includes(stream.state)
    )
      stream.open();
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
  button?.addEventListener('click', () => cut());
  stream.addEventListener('change', () => {
    if (button)
      button.disabled = !['live', 'replaying', 'reset'].includes(stream.state);
  });
}

/** The server destroys the socket under this page's stream: to the browser a broken network, not a goodbye. */
export async function cut() {
  await post('/api/connections/cut', { page: pageId });
}

export async function post(path, body) {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

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

function paintNotice(stream) {
  const box = document.querySelector('#notice');
  if (!box) return;
  const refused = stream.state === 'refused';
  const notice =
    stream.notice ??
    (refused
      ? { tone: 'bad', text: 'The server answered, but not with a stream.' }
      : undefined);
  const key = notice ? `${notice.tone} ${notice.text} ${refused}` : '';
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.hidden = !notice;
  box.dataset.tone = notice?.tone ?? '';
  box.replaceChildren(notice?.text ?? '');
  if (refused) {
    const again = element(
      'button',
      { class: 'button', type: 'button' },
      'Try again',
    );
    again.addEventListener('click', () => stream.open());
    box.append(' ', again);
  }
}
