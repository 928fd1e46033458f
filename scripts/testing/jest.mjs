// Runs Jest for its report, and ends it when it does not end: while a test hangs, or when the report is there.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './processes.mjs';

/** Longer than any test or hook may take, the installation of packages included. */
const SILENCE_MS = 6 * 60_000;
/** How long Jest may stay after it has found itself still there, with its report made. */
const END_MS = 5_000;

/**
 * @param {string} script the npm script that runs Jest
 * @returns Jest's report, and what went wrong if something did
 */
export async function runJest(
  script,
  args,
  { limitMs, silenceMs = SILENCE_MS },
) {
  const folder = mkdtempSync(join(tmpdir(), 'jest-report-'));
  const [reportFile, progressFile] = ['report.json', 'progress.json'].map(
    (name) => join(folder, name),
  );
  const limit = (elapsedMs) => {
    if (elapsedMs > limitMs)
      return `over its limit of ${minutes(limitMs)}${runningIn(progressFile)}`;
    const ageMs = ageOf(progressFile) ?? 0;
    if (existsSync(reportFile))
      return ageMs > END_MS ? notEnded(progressFile) : undefined;
    return ageMs > silenceMs
      ? `nothing happened for ${minutes(silenceMs)}${runningIn(progressFile)}`
      : undefined;
  };
  try {
    const command = ['run', '--silent', script, '--', ...args];
    const { status, ended, leftBehind } = await runProgram(
      'npm',
      [...command, '--json', `--outputFile=${reportFile}`],
      { limit, env: { JEST_PROGRESS_FILE: progressFile } },
    );
    return {
      report: read(reportFile),
      problem: problemOf(script, status, ended, leftBehind),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemOf(script, status, ended, leftBehind) {
  if (ended !== undefined) return `${script} was ended: ${ended}`;
  if (status !== 0) return `${script} exited with ${status}`;
  if (leftBehind.length > 0)
    return `${script} left processes behind: ${leftBehind.join(', ')}`;
  return undefined;
}

/** Only Jest itself knows whether it is still there: the script that runs it may have more to do. */
function notEnded(progressFile) {
  const { open } = read(progressFile);
  return (
    open && `it did not end after its report. Still open: ${open.join(', ')}`
  );
}

function runningIn(progressFile) {
  const { running = [] } = read(progressFile);
  return running.length > 0 ? `, while running ${running.join(' and ')}` : '';
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function ageOf(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && Date.now() - stats.mtimeMs;
}

function minutes(ms) {
  return ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`;
}
