import '../page.js';
import { post } from '../connection.js';
import { element, setText } from '../dom.js';
import { refreshSession, session } from '../unread-badge.js';

// This page has no stream but the badge's.
document.querySelector('#pill').hidden = true;

const byId = (id) => document.getElementById(id);
const everyone = await (await fetch('/api/session/users')).json();

function show(user) {
  byId('signed-out').hidden = user !== undefined;
  byId('signed-in').hidden = user === undefined;
  byId('admin-link').hidden = user?.id !== 'admin';
  setText(byId('who'), user?.name ?? '');
}

byId('sign-in').append(
  ...everyone.map(({ id, name }) =>
    element(
      'button',
      {
        class: 'button',
        type: 'button',
        'data-user': id,
        onclick: async () => {
          await post('/api/session', { user: id });
          show(await refreshSession());
        },
      },
      name,
    ),
  ),
);
byId('send').append(
  ...everyone.map(({ id, name }) =>
    element(
      'button',
      {
        class: 'button',
        type: 'button',
        'data-to': id,
        onclick: () => post('/api/inbox', { to: id }),
      },
      `To ${name}`,
    ),
  ),
);
byId('read').addEventListener('click', () => post('/api/inbox/read', {}));
byId('sign-out').addEventListener('click', async () => {
  await fetch('/api/session', { method: 'DELETE' });
  show(await refreshSession());
});
document.addEventListener('session-ended', () => show(undefined));
show(await session);
