/** How many are remembered: clients may make up as many as they like. */
const MAX_EPOCHS = 1_000;

/** Epochs that are over, or never were: whoever comes with one of them need not wait for a look at the engine. */
export class PastEpochs {
  readonly #epochs = new Set<string>();

  has(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  add(epoch: string): void {
    this.#epochs.add(epoch);
    if (this.#epochs.size <= MAX_EPOCHS) return;
    const [oldest = epoch] = this.#epochs;
    this.#epochs.delete(oldest);
  }

  delete(epoch: string): void {
    this.#epochs.delete(epoch);
  }
}
