// The programs that tests need beyond Node.js: found on this machine, installed where we may, or asked for.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One entry per program; tests read its place from the environment variable. */
const prerequisites = [
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'CHROMIUM_PATH',
    debianPackage: 'chromium',
  },
  { names: ['curl'], variable: 'CURL_PATH', debianPackage: 'curl' },
];

/** Sets each program's variable; throws one line of advice about the first that cannot be had. */
export function ensurePrerequisites() {
  for (const prerequisite of prerequisites) {
    const path = find(prerequisite) ?? install(prerequisite);
    process.env[prerequisite.variable] = path;
  }
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

function install(prerequisite) {
  const { names, variable, debianPackage } = prerequisite;
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.log(`installing Debian's package ${debianPackage}`);
    aptGet('update');
    aptGet('install', '--yes', '--no-install-recommends', debianPackage);
  }
  const path = find(prerequisite);
  if (path) return path;
  throw new Error(
    `${names[0]} is missing: install it (Debian: apt-get install ${debianPackage}) or set ${variable}.`,
  );
}

function aptGet(...args) {
  spawnSync('apt-get', ['--quiet', ...args], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function folders() {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
