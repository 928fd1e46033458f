import '../page.js';
import { showConnection } from '../connection.js';
import { byId, clockTime, element, say, setText } from '../dom.js';
import { post } from '../http.js';
import { LiveStream } from '../live-stream.js';
import { session } from '../session.js';

const rows = byId('rows');
const result = byId('result');

/** Rows stay as long as their stream, so that no button goes away under the pointer. */
const shown = new Map();

function row({ id, user, route, topics, address, openedAt }) {
  const who = user ?? 'anonymous';
  const end = element(
    'button',
    {
      class: 'button button--small',
      type: 'button',
      'data-connection': id,
      'aria-label': `Disconnect ${who} from ${route}`,
      onclick: () => disconnect(id),
    },
    'Disconnect',
  );
  const cells = {
    User: who,
    Route: route,
    Topics: topics.join(', ') || 'none',
    Address: address ?? '',
    Since: clockTime(openedAt),
    Events: '',
  };
  return element(
    'tr',
    { 'data-user': user ?? '' },
    ...Object.entries(cells).map(([name, text]) =>
      element('td', { 'data-label': name }, text),
    ),
    element('td', {}, end),
  );
}

async function disconnect(connection) {
  const path = '/api/admin/connections/disconnect';
  const { ok, status, problem } = await post(path, { connection });
  if (ok) say(result, 'Disconnected.', 'good');
  else if (status === 404) say(result, 'It was gone already.');
  else say(result, problem, 'bad');
}

/** Who had the focus on its button gets it on the heading: on the next button a second press would end a stream more. */
function remove(id, line) {
  const hadFocus = line.contains(document.activeElement);
  line.remove();
  shown.delete(id);
  if (hadFocus) byId('open-title').focus();
}

function show(connections) {
  const open = new Set(connections.map(({ id }) => id));
  for (const connection of connections) {
    let line = shown.get(connection.id);
    if (line === undefined) {
      line = row(connection);
      shown.set(connection.id, line);
      rows.append(line);
    }
    setText(
      line.querySelector('[data-label="Events"]'),
      String(connection.blocksSent),
    );
  }
  for (const [id, line] of shown) if (!open.has(id)) remove(id, line);
}

const stream = new LiveStream('/api/admin/connections/stream', {
  resumes: false,
}).on('connections', show);
let isWatching = false;
let isShown = false;

/** Opens the stream for the admin only: the others need not be refused to be told why they see nothing. */
function watch() {
  const { user, problem } = session;
  const isAdmin = user?.id === 'admin';
  byId('streams').hidden = !isAdmin;
  byId('forbidden').hidden = isAdmin || user === undefined;
  if (user === undefined) say(result, problem, 'bad');
  if (isAdmin === isWatching) return;
  isWatching = isAdmin;
  if (isAdmin) {
    if (!isShown) showConnection(stream);
    isShown = true;
    stream.open();
  } else {
    stream.close();
    show([]);
  }
}

session.addEventListener('change', watch);
if (session.user !== undefined || session.problem) watch();
