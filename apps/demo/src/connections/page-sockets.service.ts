import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';

/**
 * The open streams by the page that reads them, so that a page can have its own cut. A page's id is 128 random bits of
 * its own making: who does not know it cannot cut it.
 */
@Injectable()
export class PageSockets {
  readonly #responses = new Map<string, ServerResponse>();

  add(page: string, response: ServerResponse): void {
    this.#responses.set(page, response);
    response.once('close', () => {
      // A page that reconnected meanwhile has another response under this id.
      if (this.#responses.get(page) === response) this.#responses.delete(page);
    });
  }

  /** Destroys the socket, as a broken network would: no farewell, and no chance to flush. */
  cut(page: string): boolean {
    const response = this.#responses.get(page);
    response?.destroy();
    return response !== undefined;
  }
}
