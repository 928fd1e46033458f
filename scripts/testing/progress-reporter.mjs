// A Jest reporter that writes down what runs at the moment. Who has to end Jest can tell from it what hung.
import { renameSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** What ends this late after the report does not end by itself. */
const OPEN_AFTER_MS = 2_000;

/** Writes to the file that the variable `JEST_PROGRESS_FILE` names; does nothing without it. */
export default class ProgressReporter {
  #file = process.env.JEST_PROGRESS_FILE;
  /** The title of the test that runs in each file that runs. */
  #running = new Map();

  onTestFileStart({ path }) {
    this.#running.set(path, '');
    this.#write();
  }

  onTestCaseStart({ path }, { fullName }) {
    this.#running.set(path, fullName);
    this.#write();
  }

  onTestFileResult({ path }) {
    this.#running.delete(path);
    this.#write();
  }

  onRunComplete() {
    const timer = setTimeout(() => {
      this.#write({ open: process.getActiveResourcesInfo() });
    }, OPEN_AFTER_MS);
    // So that it does not hold what it looks for.
    timer.unref();
  }

  #write(more) {
    if (!this.#file) return;
    const running = Array.from(this.#running, ([path, title]) =>
      [relative(process.cwd(), path), title].filter(Boolean).join(': '),
    );
    // In one step, for those who read it meanwhile.
    writeFileSync(`${this.#file}.new`, JSON.stringify({ running, ...more }));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
