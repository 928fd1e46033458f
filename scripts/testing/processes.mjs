// Runs the programs of a test run: each up to a time limit, and none of their processes outlives them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** All processes of one program carry it: a browser leaves the process group of the program that started it. */
const MARK = 'TEST_RUN_PROCESS';
/** How long processes may take to end: by themselves after their program has, and when they are told to. */
const END_MS = 5_000;
const LOOK_MS = 100;

/** The programs that run now. */
const running = new Set();
let count = 0;

/**
 * Runs a program to its end, or to the moment when `limit` gives a reason to end it.
 *
 * @param {(elapsedMs: number) => string | undefined} limit asked a few times each second
 * @returns its exit status, why it was ended if it was, and the processes that it left behind, which are ended, too
 */
export async function runProgram(command, args, { limit, env }) {
  const mark = `${process.pid}.${++count}`;
  const child = spawn(command, args, {
    // The leader of a process group of its own.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, [MARK]: mark },
  });
  const program = { mark, pid: child.pid, ended: undefined };
  running.add(program);
  const exit = once(child, 'close').catch((error) => {
    throw new Error(`${command} could not be started: ${error.message}`);
  });
  try {
    const ended = await untilOver(exit, program, limit);
    if (ended !== undefined) await endProcesses(program);
    const [status] = await exit;
    return { status, ended, leftBehind: await endLeftBehind(program) };
  } finally {
    running.delete(program);
  }
}

/** Ends whatever runs, for a reason that `runProgram` gives to those who wait for it. */
export async function endPrograms(reason) {
  for (const program of running) program.ended = reason;
  await Promise.all([...running].map(endProcesses));
}

/** @returns why the program has to be ended, if it does not end by itself before */
async function untilOver(exit, program, limit) {
  const start = Date.now();
  let isOver = false;
  const over = exit.finally(() => (isOver = true)).catch(() => {});
  for (;;) {
    await Promise.race([over, delay(LOOK_MS)]);
    const ended =
      program.ended ?? (isOver ? undefined : limit(Date.now() - start));
    if (isOver || ended !== undefined) return ended;
  }
}

async function endLeftBehind(program) {
  const start = Date.now();
  while (processesOf(program).length > 0) {
    if (Date.now() - start > END_MS) {
      const left = processesOf(program).map(({ name }) => name);
      await endProcesses(program);
      return left;
    }
    await delay(LOOK_MS);
  }
  return [];
}

/** Asks all processes of a program to end, and kills those that do not. */
async function endProcesses(program) {
  const start = Date.now();
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const { pid } of processesOf(program)) kill(pid, signal);
    while (Date.now() - start < END_MS) {
      if (processesOf(program).length === 0) return;
      await delay(LOOK_MS);
    }
  }
}

/** The processes of a program that are alive. Where there is no /proc, its process group stands for them. */
function processesOf({ mark, pid }) {
  let names;
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return kill(-pid, 0) ? [{ pid: -pid, name: `process group ${pid}` }] : [];
  }
  return names
    .map(Number)
    .filter((each) => hasMark(each, mark))
    .map(describe);
}

function hasMark(pid, mark) {
  return read(pid, 'environ').includes(`\0${MARK}=${mark}\0`);
}

function describe(pid) {
  const commandLine = read(pid, 'cmdline').split('\0').join(' ').slice(1, 101);
  return { pid, name: `${pid} (${commandLine})` };
}

/** One of a process's files, as a list that begins and ends with NUL; empty for other users' and dead processes. */
function read(pid, file) {
  try {
    return `\0${readFileSync(`/proc/${pid}/${file}`, 'utf8')}\0`;
  } catch {
    return '';
  }
}

/** @returns whether there is such a process, or such a group */
function kill(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
