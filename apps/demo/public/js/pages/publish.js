import '../page.js';
import { showConnection } from '../connection.js';
import { byId, clockTime, copyButton, element, say, setText } from '../dom.js';
import { post } from '../http.js';
import { LiveStream } from '../live-stream.js';

const MAX_ROWS = 50;
const form = byId('form');
const feed = byId('feed');
const fields = ['title', 'body', 'channel', 'level'];
const tones = { info: 'accent', warning: 'warn', critical: 'bad' };

function entry({ title, body, channel, level, postedAt }, id, isNew) {
  return element(
    'li',
    { class: isNew ? 'feed__new' : '' },
    element(
      'div',
      { class: 'feed__meta' },
      element('span', { class: 'tag', 'data-tone': tones[level] }, level),
      element('span', { class: 'tag' }, channel),
      element('time', { datetime: postedAt }, clockTime(postedAt)),
    ),
    element('p', { class: 'feed__title' }, title),
    ...(body ? [element('p', { class: 'feed__body' }, body)] : []),
    ...(id
      ? [element('p', { class: 'feed__id', title: id }, `id: ${id}`)]
      : []),
  );
}

function setEmpty() {
  byId('feed-empty').hidden = feed.children.length > 0;
}

const stream = new LiveStream('/api/announcements/stream')
  .on('announcement.snapshot', ({ announcements }) => {
    feed.replaceChildren(
      ...announcements.map((one) => entry(one, '', false)).toReversed(),
    );
    setEmpty();
  })
  .on('announcement.posted', (announcement, event) => {
    feed.prepend(entry(announcement, event.lastEventId, true));
    while (feed.children.length > MAX_ROWS) feed.lastElementChild.remove();
    setEmpty();
  });
showConnection(stream);
stream.open();

function showErrors(problems) {
  for (const name of fields) {
    const messages = problems[name] ?? [];
    setText(byId(`${name}-error`), messages.join('; '));
    byId(name).setAttribute('aria-invalid', String(messages.length > 0));
  }
  byId(fields.find((name) => problems[name]))?.focus();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form));
  const { ok, status, body, problem } = await post(
    '/api/announcements',
    values,
  );
  const result = byId('result');
  showErrors(body?.problems ?? {});
  if (ok) {
    say(result, 'Published.', 'good');
    byId('title').value = '';
    byId('body').value = '';
    byId('title').focus();
  } else if (body?.code) {
    say(result, `${status} ${body.code}: nothing was published.`, 'bad');
  } else {
    say(result, problem, 'bad');
  }
});

const commands = {
  'curl-publish': `curl ${location.origin}/api/announcements \\
  -H 'content-type: application/json' \\
  -d '{"title":"Hello from a terminal","body":"","channel":"general","level":"info"}'`,
  'curl-watch': `curl -N ${location.origin}/api/announcements/stream`,
};
for (const [id, command] of Object.entries(commands)) {
  setText(byId(id), command);
  byId(`${id}-name`).append(
    copyButton(command, `the command to ${byId(`${id}-name`).textContent}`),
  );
}
