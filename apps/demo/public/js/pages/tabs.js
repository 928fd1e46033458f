import '../page.js';
import { SharedEventStream } from '/assets/vendor/event-stream-client.js';
import { byId, element, plural, setText } from '../dom.js';
import { showNotice } from '../notice.js';
import { StreamSlot } from '../stream-slot.js';
import { TabList } from '../tab-list.js';

/** What this tab has seen, and what it would count of a fault. */
const seen = { first: 0, last: 0, missing: 0, twice: 0, handovers: 0 };
const openedAt = Date.now();
const tabs = new TabList('demo-tabs', showTabs);
let stream;
let slot;

function open() {
  const lastEventId = stream?.lastEventId;
  stream = new SharedEventStream('/api/tabs/stream', { lastEventId });
  stream.on('tabs.number', ({ data }) => take(data));
  stream.onRole(showRole);
  stream.onState(showState);
  showRole(stream.role);
}

function take({ number, connections }) {
  if (seen.last === 0) seen.first = number;
  else if (number <= seen.last) seen.twice++;
  else seen.missing += number - seen.last - 1;
  seen.last = Math.max(seen.last, number);
  setText(byId('number'), String(number));
  setText(byId('connections'), String(connections));
  setText(byId('received'), String(seen.last - seen.first + 1 - seen.missing));
  setText(byId('missing'), String(seen.missing));
  setText(byId('twice'), String(seen.twice));
  const seconds = Math.round((Date.now() - openedAt) / 1000);
  setText(byId('since'), `Open for ${plural(seconds, 'second')}`);
  tabs.say({ role: stream.role, number });
}

function showRole(role) {
  const leads = role === 'leader';
  byId('self').dataset.role = role;
  setText(byId('role'), leads ? 'This tab leads' : 'This tab follows');
  byId('give-up').disabled = !leads;
  // The one connection counts among those that the other pages may have, and must not be taken by one of them.
  slot?.release();
  slot = leads ? keptSlot() : undefined;
  tabs.say({ role, number: seen.last });
}

const keptSlot = () =>
  new StreamSlot({ kept: true, onGranted() {}, onTaken() {} });

/** Any other tab may take it, and this one joins again as a follower. */
byId('give-up').addEventListener('click', () => {
  stream.close();
  open();
});

function showState(state) {
  const { pill, label } = { pill: byId('pill'), label: byId('pill-label') };
  pill.hidden = false;
  pill.dataset.state = state.name === 'waiting' ? 'reconnecting' : state.name;
  const texts = { waiting: 'reconnecting', replaying: 'catching up' };
  setText(label, texts[state.name] ?? state.name);
  const failed = state.name === 'closed' && state.reason === 'failed';
  showNotice(
    byId('notice'),
    failed
      ? { tone: 'bad', text: state.error.message, action: 'Try again' }
      : undefined,
    open,
  );
}

function showTabs(all, leader) {
  setText(byId('tab-count'), String(all.length));
  if (leader && leader !== seen.leader) {
    if (seen.leader) seen.handovers++;
    seen.leader = leader;
    setText(byId('handovers'), String(seen.handovers));
  }
  byId('all').replaceChildren(
    ...all.map(({ name, role, number, isSelf }) =>
      element(
        'li',
        { 'data-role': role, 'data-self': isSelf },
        element(
          'span',
          { class: 'tabs__name' },
          name,
          role === 'leader' ? element('span', {}, 'leads') : '',
        ),
        element(
          'span',
          { class: 'tabs__what' },
          isSelf ? 'this tab' : number ? `at ${number}` : 'joining',
        ),
      ),
    ),
  );
}

open();
