import { spawnSync } from 'node:child_process';

const CONFIG = 'test/scripts/fixtures/jest.config.js';

/** Runs the steps that an expression makes of `testRun`, as `npm test` does, and gives what was printed. */
function run(steps: string): { status: number | null; output: string } {
  const program = `
    import { TestRun } from './scripts/testing/steps.mjs';
    const testRun = new TestRun();
    const isGreen = await testRun.run([${steps}], 300_000);
    process.exitCode = isGreen ? 0 : 1;`;
  // Jest must not see that it was started from Jest.
  const { JEST_WORKER_ID: _, JEST_PROGRESS_FILE: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { env, encoding: 'utf8', timeout: 100_000 },
  );
  return { status, output: stdout + stderr };
}

const jestStep = (file: string, options = '{}'): string => `{
  name: 'tests',
  limitMs: 90_000,
  run: (limitMs) => testRun.jest(
    ['--config', '${CONFIG}', '--runInBand', '${file}'], limitMs, ${options},
  ),
}`;

/** A dead process may stay listed, as a zombie, where nobody asks how it ended. */
function isAlive(pid: string | undefined): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]).stdout;
  return /^[^Z]/.test(state.toString().trim());
}

const lastLine = (output: string): string =>
  output.match(/^\d+ passed, \d+ failed$/m)?.[0] ?? '';

describe('a test run', () => {
  it('ends a test that hangs, names it, and goes on to its last line', () => {
    const { status, output } = run(jestStep('hangs', '{ silenceMs: 5_000 }'));
    expect(output).toContain(
      'jest was ended: nothing happened for 5 s, while running ' +
        'test/scripts/fixtures/hangs.ts: never lets go of its process',
    );
    expect(lastLine(output)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  }, 120_000);

  it('fails a file that leaves a server behind, and ends Jest, which says what is still open', () => {
    const { status, output } = run(jestStep('leaves-a-server'));
    expect(output).toContain(
      'FAIL unit test/scripts/fixtures/leaves-a-server.ts',
    );
    expect(output).toContain(
      'Still open after the tests of this file: 1 TCPServerWrap.',
    );
    expect(output).toMatch(
      /jest was ended: it did not end after its report. Still open: .*TCPServerWrap/,
    );
    expect(lastLine(output)).toBe('1 passed, 1 failed');
    expect(status).toBe(1);
  }, 120_000);

  it('closes what a test has started that fails, so that Jest ends by itself', () => {
    const { status, output } = run(jestStep('fails-before-closing'));
    expect(output).toContain('fails while its stream is open');
    expect(output).toContain('FAILED');
    expect(output).not.toMatch(/still open|was ended/i);
    expect(lastLine(output)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  }, 120_000);

  it('ends a step that is over its limit, with all its processes, and runs no further one', () => {
    const { status, output } = run(`
      { name: 'slow', limitMs: 500, run: (limitMs) => testRun.program(
        'sh', ['-c', 'echo pid $$; (trap "" TERM; sleep 60) & echo pid $!; sleep 60'], limitMs,
      ) },
      { name: 'next', limitMs: 500, run: () => console.log('too far') }`);
    expect(output).toMatch(/sh .* was ended: over its limit of 0.5 s/);
    expect(output).not.toContain('too far');
    const pids = Array.from(output.matchAll(/^pid (\d+)$/gm), ([, pid]) => pid);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(lastLine(output)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });

  it('fails a step that leaves a process behind, even one of another group, and ends it', () => {
    const { output } = run(`
      { name: 'untidy', limitMs: 60_000, run: (limitMs) => testRun.program(
        'sh', ['-c', 'setsid sleep 61 & echo pid $!'], limitMs,
      ) }`);
    const [, pid] = /^pid (\d+)$/m.exec(output)!;
    expect(output).toMatch(new RegExp(`left behind: ${pid} \\(sleep 61`));
    expect(isAlive(pid)).toBe(false);
    expect(lastLine(output)).toBe('0 passed, 1 failed');
  });

  it('ends its processes when it is told to end', () => {
    const { status, output } = run(`
      { name: 'interrupted', limitMs: 60_000, run: (limitMs) => testRun.program(
        'sh', ['-c', 'echo pid $$; kill -TERM $PPID; sleep 60'], limitMs,
      ) }`);
    const [, pid] = /^pid (\d+)$/m.exec(output)!;
    expect(output).toMatch(/was ended: by SIGTERM/);
    expect(isAlive(pid)).toBe(false);
    expect(status).toBe(1);
  });
});
