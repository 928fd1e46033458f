import { copyButton, element } from './dom.js';

const tokens = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/,
    /(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)/,
    /(?<decorator>@[A-Z]\w*)/,
    /(?<keyword>\b(?:import|export|from|class|const|let|return|async|await|new|private|readonly|static|if|else|for|of|extends|implements|yield|function|this|throw|type|interface|while|try|catch|finally|void)\b)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

function* highlight(source) {
  let end = 0;
  for (const match of source.matchAll(tokens)) {
    yield source.slice(end, match.index);
    const [kind] = Object.entries(match.groups).find(
      ([, text]) => text !== undefined,
    );
    yield element('span', { class: `token-${kind}` }, match[0]);
    end = match.index + match[0].length;
  }
  yield source.slice(end);
}

/**
 * <code-file path="clock/clock.controller.ts"> shows a file of the server that is running. It is fetched when its
 * <details> is first opened, so that it costs nothing to those who do not look.
 */
class CodeFile extends HTMLElement {
  connectedCallback() {
    const details = this.closest('details');
    if (!details || details.open) this.#load();
    else details.addEventListener('toggle', () => this.#load(), { once: true });
  }

  async #load() {
    const path = this.getAttribute('path');
    const code = element('code', {}, 'Loading');
    const name = element('div', { class: 'code__name' }, `src/${path}`);
    this.replaceChildren(
      element(
        'div',
        { class: 'code' },
        name,
        element('pre', { tabindex: '0' }, code),
      ),
    );
    try {
      const response = await fetch(`/source/${path}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const source = (await response.text()).trimEnd();
      code.replaceChildren(...highlight(source));
      name.append(copyButton(source, path));
    } catch (error) {
      code.textContent = `This file could not be read: ${error.message}`;
    }
  }
}

customElements.define('code-file', CodeFile);
