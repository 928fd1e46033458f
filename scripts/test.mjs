// `npm test`: every check of the project, in order, up to the first that fails.
// `npm test -- <jest arguments>`: only the build and the Jest tests they select, for example `-t R2`.
// `--full` (npm run test:full) runs the whole product of versions, platforms and logs: tests read TEST_MATRIX.
import { ensurePrerequisites } from './prerequisites.mjs';
import { programs, proxyPrograms } from './programs.mjs';
import { TestRun } from './testing/steps.mjs';

/** Limits are for what hangs: several times what a busy machine with two cores needs. */
const MINUTE = 60_000;

const jestArguments = process.argv.slice(2).filter((arg) => arg !== '--full');
const isFull = process.argv.includes('--full');
if (isFull) process.env.TEST_MATRIX = 'full';

const testRun = new TestRun();
const step = (name, limitMinutes, start) => ({
  name,
  limitMs: limitMinutes * MINUTE,
  run: start,
});
const npm = (name, script) =>
  step(name, 10, (limitMs) => testRun.npm(script, limitMs));
const prerequisites = step('prerequisites', 10, () =>
  ensurePrerequisites(isFull ? [...programs, ...proxyPrograms] : programs),
);

/** Only in full. What is sent must not depend on how it gets to the socket, on the version of Nest, or on a proxy. */
const otherEndToEnd = [
  step('end-to-end without the fast path', 20, endToEndWithoutFastPath),
  step('end-to-end on Nest 11', 30, (limitMs) =>
    jestProject('e2e', limitMs, { script: 'jest:nest-11' }),
  ),
  step('proxies', 15, (limitMs) => jestProject('proxies', limitMs)),
];

const everything = [
  prerequisites,
  npm('format', 'format:check'),
  npm('lint', 'lint'),
  npm('build', 'build'),
  npm('types', 'typecheck'),
  step('unit', 10, (limitMs) => jestProject('unit', limitMs)),
  step('end-to-end', 25, (limitMs) => jestProject('e2e', limitMs)),
  ...(isFull ? otherEndToEnd : []),
  step('packages', 15, (limitMs) => jestProject('packages', limitMs)),
  step('browser', 15, (limitMs) => jestProject('browser', limitMs)),
];

const selected = [
  prerequisites,
  npm('build', 'build'),
  step('tests', 45, (limitMs) => testRun.jest(jestArguments, limitMs)),
];

const steps = jestArguments.length > 0 ? selected : everything;
const isGreen = await testRun.run(steps, (isFull ? 120 : 45) * MINUTE);
process.exitCode = isGreen ? 0 : 1;

async function endToEndWithoutFastPath(limitMs) {
  process.env.TEST_FAST_PATH = 'off';
  const paths = ['test/(auth|binding|connection|resume|stream|wire)/'];
  await jestProject('e2e', limitMs, { paths });
  delete process.env.TEST_FAST_PATH;
}

async function jestProject(project, limitMs, { paths = [], script } = {}) {
  const args = [
    '--selectProjects',
    project,
    ...paths.flatMap((path) => ['--testPathPatterns', path]),
  ];
  const { numPendingTests, numTodoTests } = await testRun.jest(args, limitMs, {
    script,
  });
  const left = numPendingTests + numTodoTests;
  if (left > 0) throw new Error(`${left} tests were skipped or are empty`);
}
