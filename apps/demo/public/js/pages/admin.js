import '../page.js';
import { post, showConnection } from '../connection.js';
import { clockTime, element, setText } from '../dom.js';
import { LiveStream } from '../live-stream.js';

const rows = document.getElementById('rows');
const result = document.getElementById('result');

/** Rows stay as long as their stream, so that no button goes away under the pointer. */
const shown = new Map();

function row({ id, user, route, topics, address, openedAt }) {
  const end = element('button', {
    class: 'button button--small',
    type: 'button',
    'data-connection': id,
  });
  end.textContent = 'Disconnect';
  end.addEventListener('click', async () => {
    const answer = await post('/api/admin/connections/disconnect', {
      connection: id,
    });
    setText(result, answer.ok ? 'Disconnected.' : 'It was gone already.');
  });
  const cells = [
    user ?? 'anonymous',
    route,
    topics.join(', '),
    address ?? '',
    clockTime(openedAt),
    '',
  ];
  return element(
    'tr',
    { 'data-user': user ?? '' },
    ...cells.map((text) => element('td', {}, text)),
    element('td', {}, end),
  );
}

function show(connections) {
  const open = new Set(connections.map(({ id }) => id));
  for (const [id, line] of shown) {
    if (open.has(id)) continue;
    line.remove();
    shown.delete(id);
  }
  for (const connection of connections) {
    let line = shown.get(connection.id);
    if (line === undefined) {
      line = row(connection);
      shown.set(connection.id, line);
      rows.append(line);
    }
    setText(line.cells[5], String(connection.blocksSent));
  }
}

const stream = new LiveStream('/api/admin/connections/stream', {
  resumes: false,
}).on('connections', show);
stream.addEventListener('stopped', () => {
  show([]);
  setText(result, 'Sign in as Admin on the account page to see them.');
});
showConnection(stream);
stream.open();
