import { spawnSync } from 'node:child_process';

const programOf = (wanted: string): string => `
  import { ensurePrerequisites } from './scripts/prerequisites.mjs';
  import { proxyPrograms, programs } from './scripts/programs.mjs';
  try {
    await ensurePrerequisites(${wanted});
  } catch ({ message }) {
    console.log(message);
  }`;

/** What the script says that looks for programs, in an environment of these variables only. */
function adviceWith(env: Record<string, string>, wanted = 'programs'): string {
  const args = ['--input-type=module', '--eval', programOf(wanted)];
  return spawnSync(process.execPath, args, { env }).stdout.toString();
}

describe('the prerequisites of tests', () => {
  it('says in one line what is missing, how to install it and how to point to it', () => {
    // No installer is found either.
    const advice = adviceWith({
      PATH: '/nowhere',
      NATS_SERVER_PATH: process.execPath,
    });
    const lines = advice.trim().split('\n');
    expect(lines.at(-1)).toBe(
      'missing: chromium, curl, redis-server. Install it (Debian: apt-get install chromium curl redis-server) ' +
        'or set CHROMIUM_PATH, CURL_PATH, REDIS_SERVER_PATH.',
    );
  });

  it('asks for the servers of the longer test run by that alone', () => {
    const advice = adviceWith({ PATH: '/nowhere' }, 'proxyPrograms');
    // The others may be in /usr/sbin.
    expect(advice).toContain('CADDY_PATH');
    expect(adviceWith({ PATH: '/nowhere' })).not.toContain('CADDY_PATH');
  });

  it('refuses a variable that points to nothing it can run', () => {
    expect(adviceWith({ REDIS_SERVER_PATH: '/nowhere/redis' })).toBe(
      'REDIS_SERVER_PATH is /nowhere/redis, which is not an executable file.\n',
    );
  });
});
