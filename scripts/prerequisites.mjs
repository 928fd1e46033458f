// The programs that tests need beyond Node.js: found on this machine, installed where we may, or asked for.
import { existsSync } from 'node:fs';
import { advice, findProgram, programs } from './programs.mjs';
import { runProgram } from './testing/processes.mjs';

const INSTALL_LIMIT_MS = 5 * 60_000;

/** Sets the variable of each wanted program; throws one line of advice about all that cannot be had. */
export async function ensurePrerequisites(wanted = programs) {
  const missing = wanted.filter((each) => !findProgram(each));
  if (missing.length > 0) await install(missing);
  const absent = [];
  for (const program of wanted) {
    const path = findProgram(program);
    if (path) process.env[program.variable] = path;
    else absent.push(program);
  }
  if (absent.length > 0) throw new Error(advice(absent));
}

/** Only where it asks nobody for a password: as root on Debian. */
async function install(missing) {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  console.log(`installing Debian's packages ${packages.join(' ')}`);
  await aptGet('update');
  // One by one: a name that this Debian does not have must not keep the others away.
  for (const name of packages)
    await aptGet('install', '--yes', '--no-install-recommends', name);
}

/** Whether it worked shows in whether the program can be found afterwards. */
async function aptGet(...args) {
  const limit = (elapsedMs) =>
    elapsedMs > INSTALL_LIMIT_MS ? 'over its limit' : undefined;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runProgram('apt-get', ['--quiet', ...args], { limit, env });
  } catch (error) {
    console.log(error.message);
  }
}
