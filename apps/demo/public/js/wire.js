import { element } from './dom.js';

/** Shows the newest events the way they were written on the wire. */
export function wireView(list, { limit = 12, maxData = 240 } = {}) {
  return (type, event) => {
    const data =
      event.data.length > maxData
        ? `${event.data.slice(0, maxData)} …`
        : event.data;
    const fields = [
      ['event', type],
      ...(event.lastEventId ? [['id', event.lastEventId]] : []),
      ...data.split('\n').map((line) => ['data', line]),
    ];
    list.prepend(
      element(
        'li',
        {},
        ...fields.map(([field, value]) =>
          element(
            'div',
            {},
            element('span', { class: 'wire__field' }, `${field}: `),
            field === 'event'
              ? element('span', { class: 'wire__control' }, value)
              : value,
          ),
        ),
      ),
    );
    while (list.children.length > limit) list.lastElementChild.remove();
  };
}
