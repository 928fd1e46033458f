import '../page.js';
import { isAtRest, showConnection } from '../connection.js';
import { byId, setText } from '../dom.js';
import { LiveStream } from '../live-stream.js';

const sheet = document.querySelector('.sheet');
const text = document.createTextNode('');
byId('text').append(text);

const stream = new LiveStream('/api/typewriter/stream', { resumes: false }).on(
  'message_name',
  (character) => text.appendData(character),
  { raw: true },
);

stream.addEventListener('change', () => {
  sheet.toggleAttribute('data-done', isAtRest(stream));
});
stream.addEventListener('end', () => {
  setText(
    byId('outcome'),
    stream.closeAtEnd
      ? 'The server said stream-end; this page closed its EventSource.'
      : 'The server said stream-end; the browser will try to come back.',
  );
});
stream.addEventListener('stopped', () => {
  if (stream.state === 'ended') {
    setText(
      byId('outcome'),
      'The browser came back, was told to stop with 204, and did.',
    );
  }
});

function start() {
  text.data = '';
  setText(byId('outcome'), '');
  stream.closeAtEnd = !byId('leave-open').checked;
  stream.forget();
  stream.open();
}

byId('restart').addEventListener('click', start);
byId('leave-open').addEventListener('change', ({ target }) => {
  stream.closeAtEnd = !target.checked;
});

showConnection(stream);
start();
