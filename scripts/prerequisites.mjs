// The programs that tests need beyond Node.js: found on this machine, installed where we may, or asked for.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from './testing/processes.mjs';

const INSTALL_LIMIT_MS = 5 * 60_000;

/** One entry per program; tests read its place from the environment variable. */
const prerequisites = [
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'CHROMIUM_PATH',
    debianPackage: 'chromium',
  },
  { names: ['curl'], variable: 'CURL_PATH', debianPackage: 'curl' },
  {
    names: ['redis-server'],
    variable: 'REDIS_SERVER_PATH',
    debianPackage: 'redis-server',
  },
  {
    names: ['nats-server'],
    variable: 'NATS_SERVER_PATH',
    debianPackage: 'nats-server',
  },
];

/** Sets each program's variable; throws one line of advice about all that cannot be had. */
export async function ensurePrerequisites() {
  const missing = prerequisites.filter((each) => !find(each));
  if (missing.length > 0) await install(missing);
  const absent = [];
  for (const prerequisite of prerequisites) {
    const path = find(prerequisite);
    if (path) process.env[prerequisite.variable] = path;
    else absent.push(prerequisite);
  }
  if (absent.length > 0) throw new Error(advice(absent));
}

function find({ names, variable }) {
  const set = process.env[variable];
  if (set) {
    if (isExecutable(set)) return set;
    throw new Error(`${variable} is ${set}, which is not an executable file.`);
  }
  return names
    .flatMap((name) => folders().map((folder) => join(folder, name)))
    .find(isExecutable);
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

function advice(absent) {
  const names = absent.map(({ names: [name] }) => name).join(', ');
  const packages = absent.map(({ debianPackage }) => debianPackage).join(' ');
  const variables = absent.map(({ variable }) => variable).join(', ');
  return `missing: ${names}. Install it (Debian: apt-get install ${packages}) or set ${variables}.`;
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

/** Debian has servers in /usr/sbin, which is not on every user's PATH. */
function folders() {
  const listed = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...listed, '/usr/sbin', '/usr/local/sbin'];
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
