import '../page.js';
import { isAtRest, showConnection } from '../connection.js';
import { byId, say, setText } from '../dom.js';
import { post } from '../http.js';
import { LiveStream } from '../live-stream.js';

const answer = byId('answer');
const outcome = byId('outcome');
const text = document.createTextNode('');
answer.append(text);

// The answer's id is in the address, so that a reload and a second tab find it.
const idInAddress = () => location.hash.slice(1);

let wasStopped = false;

const stream = new LiveStream('').on('token', (word) => text.appendData(word), {
  raw: true,
});

stream.addEventListener('change', () => {
  const isSpeaking = !isAtRest(stream) && idInAddress() !== '';
  answer.toggleAttribute('data-speaking', isSpeaking);
  byId('stop').disabled = !isSpeaking;
});
stream.addEventListener('end', () => {
  say(
    outcome,
    wasStopped ? 'Stopped.' : 'The answer is complete.',
    wasStopped ? undefined : 'good',
  );
});
stream.addEventListener('stopped', () => {
  if (stream.state === 'refused')
    say(outcome, 'The server does not know this answer any more.', 'bad');
});

function watch(id) {
  wasStopped = false;
  text.data = '';
  setText(outcome, 'Speaking.');
  stream.path = `/api/assistant/${id}/stream`;
  stream.forget();
  stream.open();
}

byId('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { ok, body, problem } = await post('/api/assistant', {
    prompt: byId('prompt').value,
  });
  const messages = ok ? [] : [body?.message ?? problem].flat();
  setText(byId('prompt-error'), messages.join('; '));
  byId('prompt').setAttribute('aria-invalid', String(!ok));
  if (!ok) {
    byId('prompt').focus();
    return;
  }
  history.replaceState(undefined, '', `#${body.id}`);
  watch(body.id);
});

byId('stop').addEventListener('click', async () => {
  wasStopped = true;
  const { ok, problem } = await post(`/api/assistant/${idInAddress()}/stop`);
  if (!ok) say(outcome, problem, 'bad');
});

addEventListener('hashchange', () => {
  if (idInAddress() !== '') watch(idInAddress());
});

showConnection(stream);
if (idInAddress() !== '') watch(idInAddress());
else stream.close();
