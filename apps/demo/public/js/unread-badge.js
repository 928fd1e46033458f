/**
 * The badge in the header: after sign-in it opens a stream, starts from its snapshot, and counts up live. All tabs of
 * a user show the same, because they read the same topic.
 */
import { setText } from './dom.js';
import { LiveStream } from './live-stream.js';

const badge = document.querySelector('#unread');
let stream;
let connection;

function show({ count, connection: id = connection }) {
  connection = id;
  const node = document.querySelector('#unread-count');
  node.dataset.count = count;
  setText(node, String(count));
}

/** Who is signed in, undefined for nobody; opens the badge's stream for them. */
export async function refreshSession() {
  stream?.close();
  stream = undefined;
  connection = undefined;
  const response = await fetch('/api/session');
  const user = response.ok ? await response.json() : undefined;
  badge.hidden = user === undefined;
  if (user === undefined) return undefined;
  setText(document.querySelector('#unread-name'), user.name);
  stream = new LiveStream('/api/inbox/stream')
    .on('inbox.snapshot', show)
    .on('inbox.unread', show);
  stream.addEventListener('change', () => {
    badge.dataset.state = stream.state;
    // Signed out in another tab, or ended by the admin: the server said not to come back.
    if (stream.state === 'refused') {
      badge.hidden = true;
      document.dispatchEvent(new Event('session-ended'));
    }
  });
  stream.open();
  return user;
}

// A request that outlives its page; the connection of a killed page would be noticed only when it is written to.
addEventListener('pagehide', () => {
  if (connection === undefined) return;
  const body = new Blob([JSON.stringify({ connection })], {
    type: 'application/json',
  });
  navigator.sendBeacon('/api/inbox/close', body);
});

export const session = refreshSession();
