import { spawnSync } from 'node:child_process';

/** What the launcher says, in an environment of these variables only. */
function launch(env: Record<string, string>, ...args: string[]) {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['apps/demo/cluster/start.mjs', ...args],
    { env },
  );
  return { text: stderr.toString(), status };
}

describe('npm run start:cluster', () => {
  it('says in one line that there is no engine, how to install one and how to point to it', () => {
    const { text, status } = launch({ PATH: '/nowhere' }, '--engine', 'redis');
    expect(text).toBe(
      'missing: redis-server. Install it (Debian: apt-get install redis-server) or set REDIS_SERVER_PATH.\n',
    );
    expect(status).toBe(1);
  });

  it.each([
    [{ REDIS_SERVER_PATH: '/nowhere/redis' }, [], 'not an executable file'],
    [{}, ['--engine', 'mysql'], '--engine must be redis or nats, not mysql.'],
    [{ REDIS_SERVER_PATH: '/bin/false' }, [], '/bin/false does not start'],
  ])('refuses %j %j in words', (env, args, expected) => {
    const { text, status } = launch(env, ...args);
    expect(text).toContain(expected);
    expect(text).not.toContain('    at ');
    expect(status).toBe(1);
  });
});
