import { element } from './dom.js';

/** Shows `notice` ({ tone, text, action }) in `box`, or empties it; `act` is what a press of the action's button does. */
export function showNotice(box, notice, act) {
  const key = notice ? JSON.stringify(notice) : '';
  // Untouched, or a screen reader would read it out at each event.
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.dataset.tone = notice?.tone ?? '';
  box.replaceChildren(...(notice ? [element('span', {}, notice.text)] : []));
  if (notice?.action === undefined) return;
  box.append(
    element(
      'button',
      { class: 'button', type: 'button', onclick: act },
      notice.action,
    ),
  );
}
