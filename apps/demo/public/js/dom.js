/** Makes an element; children given as text stay text, so nothing that came over the wire becomes markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

/** Puts text into an element only if it changed: an untouched node costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Says how something went, in a place that screen readers announce; the tone is `good`, `bad` or none. */
export function say(node, text, tone) {
  setText(node, text);
  node.dataset.tone = tone ?? '';
}

export const byId = (id) => document.getElementById(id);

export const clockTime = (date) =>
  new Date(date).toLocaleTimeString(undefined, { hour12: false });

export function plural(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** navigator.clipboard exists on https and localhost only; a phone on the local network needs the old way. */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = element('textarea', {
    readonly: true,
    class: 'visually-hidden',
  });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('The browser did not allow to copy');
}

/** Copies `text`; what it is a copy of is said to screen readers only. */
export function copyButton(text, what) {
  const label = element('span', {}, 'Copy');
  const button = element(
    'button',
    { class: 'button button--small', type: 'button' },
    label,
    element('span', { class: 'visually-hidden' }, ` ${what}`),
  );
  button.addEventListener('click', async () => {
    try {
      await copyText(text);
      setText(label, 'Copied');
    } catch {
      setText(label, 'Not allowed');
    }
    setTimeout(() => setText(label, 'Copy'), 1600);
  });
  return button;
}
