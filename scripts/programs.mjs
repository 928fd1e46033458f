// The programs that this project needs beyond Node.js: where they are on this machine, and what to do where they are not.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One entry per program; its environment variable says where it is. */
export const programs = [
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

/** What the tests of proxies need, too, which only the longer test run has. */
export const proxyPrograms = [
  { names: ['nginx'], variable: 'NGINX_PATH', debianPackage: 'nginx' },
  { names: ['haproxy'], variable: 'HAPROXY_PATH', debianPackage: 'haproxy' },
  { names: ['apache2'], variable: 'APACHE_PATH', debianPackage: 'apache2-bin' },
  { names: ['caddy'], variable: 'CADDY_PATH', debianPackage: 'caddy' },
  { names: ['varnishd'], variable: 'VARNISHD_PATH', debianPackage: 'varnish' },
];

/** The entry of a program, by its first name. */
export const program = (wanted) =>
  programs.find(({ names: [name] }) => name === wanted);

/**
 * The path of a program, undefined if it is not on this machine.
 * @throws Error if the variable is set to something that cannot be run
 */
export function findProgram({ names, variable }) {
  const set = process.env[variable];
  if (set) {
    if (isExecutable(set)) return set;
    throw new Error(`${variable} is ${set}, which is not an executable file.`);
  }
  return names
    .flatMap((name) => folders().map((folder) => join(folder, name)))
    .find(isExecutable);
}

/** One line: what is missing, how to install it, how to point to it. */
export function advice(absent) {
  const names = absent.map(({ names: [name] }) => name).join(', ');
  const packages = absent.map(({ debianPackage }) => debianPackage).join(' ');
  const variables = absent.map(({ variable }) => variable).join(', ');
  return `missing: ${names}. Install it (Debian: apt-get install ${packages}) or set ${variables}.`;
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
