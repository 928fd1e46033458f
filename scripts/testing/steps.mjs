// A test run: steps in order, up to the first that fails, each and all of them within a time limit.
import { endPrograms, runProgram } from './processes.mjs';
import { runJest } from './jest.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Counts the tests of all steps. The last line that `run` prints is `N passed, N failed`: no run that failed
 * reads like a success.
 */
export class TestRun {
  #passed = 0;
  #failed = 0;
  #deadline = Infinity;

  /**
   * @param {{ name: string, limitMs: number, run: (limitMs: number) => unknown }[]} steps
   * @param {number} limitMs of all steps together
   * @returns whether every step was a success
   */
  async run(steps, limitMs) {
    this.#deadline = Date.now() + limitMs;
    const interrupt = (signal) => void endPrograms(`by ${signal}`);
    for (const signal of SIGNALS) process.on(signal, interrupt);
    for (const step of steps) if (!(await this.#runStep(step))) break;
    for (const signal of SIGNALS) process.off(signal, interrupt);
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0;
  }

  npm(script, limitMs) {
    return this.program('npm', ['run', '--silent', script], limitMs);
  }

  async program(command, args, limitMs) {
    const name = [command, ...args].join(' ');
    const { status, ended, leftBehind } = await runProgram(command, args, {
      limit: (elapsedMs) =>
        elapsedMs > limitMs
          ? `over its limit of ${limitMs / 1_000} s`
          : undefined,
    });
    if (ended !== undefined) throw new Error(`${name} was ended: ${ended}`);
    if (status !== 0) throw new Error(`${name} exited with ${status}`);
    if (leftBehind.length > 0)
      throw new Error(`${name} left behind: ${leftBehind.join(', ')}`);
  }

  /** Runs Jest and counts its tests. */
  async jest(args, limitMs, { script = 'jest', silenceMs } = {}) {
    const { report, problem } = await runJest(script, args, {
      limitMs,
      silenceMs,
    });
    const { numPassedTests = 0, numFailedTests = 0 } = report;
    this.#passed += numPassedTests;
    this.#failed += numFailedTests + (report.numRuntimeErrorTestSuites ?? 0);
    if (problem !== undefined) throw new Error(problem);
    if (numPassedTests === 0) throw new Error('no test was selected');
    return report;
  }

  async #runStep({ name, limitMs, run }) {
    console.log(`\n== ${name}`);
    const start = Date.now();
    const seconds = () => `${((Date.now() - start) / 1_000).toFixed(1)} s`;
    try {
      const leftMs = this.#deadline - start;
      if (leftMs <= 0) throw new Error('the whole run is over its limit');
      await run(Math.min(limitMs, leftMs));
      console.log(`== ${name}: ok, ${seconds()}`);
      return true;
    } catch (error) {
      console.error(`== ${name}: FAILED, ${seconds()}: ${error.message}`);
      // A step without tests of its own counts as one failure.
      this.#failed ||= 1;
      return false;
    }
  }
}
