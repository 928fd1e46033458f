import '../page.js';
import { byId, element, say, setText } from '../dom.js';
import { get, post } from '../http.js';
import { showNotice } from '../notice.js';
import { session } from '../session.js';
import { inbox } from '../unread-badge.js';

const notice = byId('notice');

/** `press` gives the answer of the server, which says whether it went well. */
function choice(label, data, press, done) {
  return element(
    'button',
    {
      class: 'button',
      type: 'button',
      ...data,
      onclick: async () => report(await press(), done),
    },
    label,
  );
}

function report({ problem }, done) {
  say(byId('result'), problem ?? done, problem ? 'bad' : undefined);
}

let shown;

function show() {
  const { user } = session;
  if (user === undefined) {
    showNotice(
      notice,
      { tone: 'bad', text: session.problem, action: 'Try again' },
      () => session.refresh(),
    );
    return;
  }
  const hadFocus =
    document.activeElement?.closest('#signed-in, #signed-out') !== null;
  byId('signed-out').hidden = user !== null;
  byId('signed-in').hidden = user === null;
  byId('admin-link').hidden = user?.id !== 'admin';
  setText(byId('who'), user?.name ?? '');
  // The button that was pressed is gone: who works by keyboard goes on at what has come in its place.
  if (hadFocus && shown !== undefined && shown !== user?.id)
    byId(user ? 'signed-in-title' : 'sign-in-title').focus();
  shown = user?.id ?? null;
  inbox?.addEventListener('change', showInbox);
  showInbox();
}

/** A session outlives its stream: the admin may have ended that alone. */
function showInbox() {
  const { state, failure } = inbox ?? {};
  const isEnded = session.user && state === 'refused';
  showNotice(
    notice,
    isEnded
      ? {
          tone: 'warn',
          text: `Your unread count stands still, because its stream was ended: ${failure?.message ?? 'the server refused it'}. You are still signed in.`,
          action: 'Open it again',
        }
      : undefined,
    () => inbox.reopen(),
  );
}

const { body: everyone, problem } = await get('/api/session/users');
if (problem) report({ problem });
byId('sign-in').append(
  ...(everyone ?? []).map(({ id, name }) =>
    choice(name, { 'data-user': id }, () => session.signIn(id), ''),
  ),
);
byId('send').append(
  ...(everyone ?? []).map(({ id, name }) =>
    choice(
      `To ${name}`,
      { 'data-to': id },
      () => post('/api/inbox', { to: id }),
      `Sent to ${name}.`,
    ),
  ),
);
byId('read').addEventListener('click', async () =>
  report(await post('/api/inbox/read'), 'All read.'),
);
byId('sign-out').addEventListener('click', async () =>
  report(await session.signOut(), ''),
);
session.addEventListener('change', show);
if (session.user !== undefined || session.problem) show();
