/** The badge in the header: who is signed in, and how much they have not read, live in every tab. */
import { setText } from './dom.js';
import { session } from './session.js';
import { SharedInbox } from './shared-inbox.js';

const badge = document.querySelector('#unread');
const count = document.querySelector('#unread-count');

/** That of whoever is signed in. */
export let inbox;
let owner;

function paint() {
  // No count is better than one that has stopped.
  badge.hidden = !inbox || inbox.state === 'refused';
  if (!inbox) return;
  badge.dataset.state = inbox.state;
  setText(document.querySelector('#unread-name'), session.user.name);
  count.dataset.count = inbox.count;
  setText(count, String(inbox.count));
}

function follow() {
  const { user } = session;
  const isTheirs = user ? user.id === owner && !inbox.isClosed : !inbox;
  if (isTheirs) return paint();
  inbox?.close();
  owner = user?.id;
  inbox = user ? new SharedInbox(user) : undefined;
  inbox?.addEventListener('change', paint);
  // Signed out, expired, or ended by the admin: only the server knows.
  inbox?.addEventListener('refused', () => session.refresh());
  paint();
}

session.addEventListener('change', follow);
session.refresh();
