import { until } from './until.js';

/** Stands for a model: says what a test lets it say, one token at a time, and notes who asked and who gave up. */
export class ScriptedModel {
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  readonly #said = new Map<string, Said>();

  /** The tokens of one answer. */
  async *ask(id: string, signal: AbortSignal): AsyncGenerator<string> {
    this.asked.push(id);
    const said = this.#saidOf(id);
    signal.addEventListener('abort', () => {
      if (!said.isOver) this.aborted.push(id);
      said.wake();
    });
    for (let index = 0; ;) {
      if (signal.aborted) return;
      if (index < said.tokens.length) yield said.tokens[index++]!;
      else if (said.error !== undefined) throw said.error;
      else if (said.isOver) return;
      else await new Promise<void>((resolve) => (said.wake = resolve));
    }
  }

  say(id: string, ...tokens: string[]): void {
    const said = this.#saidOf(id);
    said.tokens.push(...tokens);
    said.wake();
  }

  finish(id: string, error?: Error): void {
    const said = this.#saidOf(id);
    said.error = error;
    said.isOver = true;
    said.wake();
  }

  async untilAsked(id: string): Promise<void> {
    await until(() => this.asked.includes(id), `the model is asked for ${id}`);
  }

  #saidOf(id: string): Said {
    let said = this.#said.get(id);
    if (said === undefined)
      this.#said.set(
        id,
        (said = {
          tokens: [],
          isOver: false,
          error: undefined,
          wake: () => undefined,
        }),
      );
    return said;
  }
}

interface Said {
  readonly tokens: string[];
  isOver: boolean;
  error: Error | undefined;
  wake: () => void;
}
