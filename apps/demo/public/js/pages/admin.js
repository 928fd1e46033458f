import '../page.js';
import { post } from '../connection.js';
import { clockTime, element, setText } from '../dom.js';

// This page has no stream but the badge's.
document.querySelector('#pill').hidden = true;

const REFRESH_MS = 2000;
const rows = document.getElementById('rows');
const result = document.getElementById('result');

function row({ id, user, route, topics, address, openedAt, eventsSent }) {
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
    await refresh();
  });
  const cells = [
    user ?? 'anonymous',
    route,
    topics.join(', '),
    address ?? '',
    clockTime(openedAt),
    String(eventsSent),
  ];
  return element(
    'tr',
    { 'data-user': user ?? '' },
    ...cells.map((text) => element('td', {}, text)),
    element('td', {}, end),
  );
}

async function refresh() {
  const response = await fetch('/api/admin/connections');
  if (!response.ok) {
    rows.replaceChildren();
    setText(result, 'Sign in as Admin on the account page to see them.');
    return;
  }
  rows.replaceChildren(...(await response.json()).map(row));
}

await refresh();
setInterval(refresh, REFRESH_MS);
