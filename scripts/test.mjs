// `npm test`: every check of the project, in order, up to the first that fails.
// `npm test -- <jest arguments>`: only the build and the Jest tests they select, for example `-t R2`.
// `--full` (npm run test:full) runs the whole product of versions, platforms and logs: tests read TEST_MATRIX.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrerequisites } from './prerequisites.mjs';

const jestArguments = process.argv.slice(2).filter((arg) => arg !== '--full');
const isFull = process.argv.includes('--full');
if (isFull) process.env.TEST_MATRIX = 'full';

/** Only in full. What is sent must depend neither on how it gets to the socket nor on the version of Nest. */
const otherEndToEnd = isFull
  ? [
      ['end-to-end without the fast path', endToEndWithoutFastPath],
      [
        'end-to-end on Nest 11',
        () => jestProject('e2e', { script: 'jest:nest-11' }),
      ],
    ]
  : [];

const steps =
  jestArguments.length > 0
    ? [
        ['prerequisites', ensurePrerequisites],
        ['build', () => npmRun('build')],
        ['tests', () => jest(jestArguments)],
      ]
    : [
        ['prerequisites', ensurePrerequisites],
        ['format', () => npmRun('format:check')],
        ['lint', () => npmRun('lint')],
        ['build', () => npmRun('build')],
        ['types', () => npmRun('typecheck')],
        ['unit', () => jestProject('unit')],
        ['end-to-end', () => jestProject('e2e')],
        ...otherEndToEnd,
        ['packages', () => jestProject('packages')],
        ['browser', () => jestProject('browser')],
      ];

const total = { passed: 0, failed: 0 };

for (const [name, step] of steps) {
  console.log(`\n== ${name}`);
  const start = Date.now();
  try {
    step();
    console.log(`== ${name}: ok, ${seconds(start)}`);
  } catch (error) {
    console.error(`== ${name}: FAILED, ${seconds(start)}: ${error.message}`);
    // A step without tests of its own counts as one failure, so that the last line never reads like a success.
    total.failed ||= 1;
    process.exitCode = 1;
    break;
  }
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);

function npmRun(script, ...args) {
  const status = statusOf(script, ...args);
  if (status !== 0) throw new Error(`npm run ${script} exited with ${status}`);
}

function statusOf(script, ...args) {
  const command = ['run', '--silent', script, '--', ...args];
  return spawnSync('npm', command, { stdio: 'inherit' }).status;
}

function endToEndWithoutFastPath() {
  process.env.TEST_FAST_PATH = 'off';
  const paths = ['test/(auth|binding|connection|resume|stream|wire)/'];
  jestProject('e2e', { paths });
  delete process.env.TEST_FAST_PATH;
}

function jestProject(project, { paths = [], script } = {}) {
  const args = [
    '--selectProjects',
    project,
    ...paths.flatMap((path) => ['--testPathPatterns', path]),
  ];
  const { numPendingTests, numTodoTests } = jest(args, script);
  const left = numPendingTests + numTodoTests;
  if (left > 0) throw new Error(`${left} tests were skipped or are empty`);
}

/** Runs Jest, adds what it counted to the total and gives its report. */
function jest(args, script = 'jest') {
  const folder = mkdtempSync(join(tmpdir(), 'jest-report-'));
  const file = join(folder, 'report.json');
  const status = statusOf(script, ...args, '--json', `--outputFile=${file}`);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  rmSync(folder, { recursive: true });

  const { numPassedTests = 0, numFailedTests = 0 } = report;
  total.passed += numPassedTests;
  total.failed += numFailedTests + (report.numRuntimeErrorTestSuites ?? 0);
  if (status !== 0) throw new Error(`${script} exited with ${status}`);
  if (numPassedTests === 0) throw new Error('no test was selected');
  return report;
}

function seconds(start) {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}
