/** Counts numbered samples, and those that are missing or came twice, over the series that each process begins. */
export class SampleCount {
  received = 0;
  missing = 0;
  twice = 0;
  #last = new Map();

  add({ node, process, number }) {
    const series = `${node} ${process}`;
    const last = this.#last.get(series);
    // Number 1 begins again: a process in a container has the same host and id as the one before.
    const isNew = last === undefined || (number === 1 && last > 1);
    this.#last.set(series, isNew ? number : Math.max(last, number));
    if (!isNew && number <= last) {
      this.twice++;
      return;
    }
    this.received++;
    if (!isNew) this.missing += number - last - 1;
  }

  forget() {
    this.#last.clear();
  }
}
