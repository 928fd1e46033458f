import type { Page } from 'playwright-core';

/** What a page's console says that a person would take for a fault. */
export class PageProblems {
  readonly #found: string[] = [];

  /** Listens from here on; call it before the page is opened. */
  watch(page: Page): void {
    page.on('pageerror', (error) => this.#found.push(error.message));
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const { url } = message.location();
      this.#found.push(`${page.url()}: ${message.text()} ${url}`);
    });
  }

  /** @throws Error with what was found since the last call, if anything was */
  check(): void {
    const found = this.#found.splice(0);
    if (found.length > 0) throw new Error(found.join('\n'));
  }
}
