// Tries the packed package in every combination of NestJS 11 and 12, Express and Fastify, and Node.js 20, 22 and 24: an
// application outside of the workspace streams, drops a client off, and resumes. `npm run test:versions -- 22` tries that
// Node.js only. Takes some minutes, and gets the other versions of Node.js from npm.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEST = ['11', '12'];
const PLATFORMS = ['express', 'fastify'];
const NODE = ['20', '22', '24'];

/** What the application prints when all is well. */
const EXPECTED = 'resumed: missed, live';

const root = fileURLToPath(new URL('..', import.meta.url));
const template = join(root, 'test/packages/consumer');
const folder = mkdtempSync(join(tmpdir(), 'versions-'));
const wanted = process.argv.slice(2);

try {
  const failures = run();
  if (failures > 0) console.error(`${failures} combinations failed`);
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run() {
  exec('npm', ['run', '--silent', 'build'], join(root, 'libs/sse'));
  const packed = exec(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    join(root, 'libs/sse'),
  );
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  const versions = wanted.length > 0 ? wanted : NODE;
  const programs = new Map(versions.map((one) => [one, nodeOf(one)]));
  let failures = 0;
  for (const nest of NEST) {
    for (const platform of PLATFORMS) {
      const application = install(nest, platform, tarball);
      for (const node of programs.values())
        if (!isGood(application, nest, platform, node)) failures++;
    }
  }
  return failures;
}

/** The path of a Node.js of this major version. */
function nodeOf(version) {
  const [own] = process.versions.node.split('.');
  return version === own
    ? process.execPath
    : exec(
        'npx',
        ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'],
        folder,
      ).trim();
}

function install(nest, platform, tarball) {
  const application = join(folder, `nest-${nest}-${platform}`);
  const source = join(application, 'src');
  const sources = ['app.module', 'open-stream', 'resume.main'];
  for (const name of sources)
    cpSync(join(template, `src/${name}.ts`), join(source, `${name}.ts`));
  cpSync(
    join(template, `platforms/${platform}.ts`),
    join(source, 'create-app.ts'),
  );
  cpSync(join(template, 'tsconfig.json'), join(application, 'tsconfig.json'));
  writeFileSync(
    join(application, 'package.json'),
    JSON.stringify(manifest(nest, platform, tarball)),
  );
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
  exec('npm', ['install', ...quiet], application);
  exec('npx', ['tsc', '--types', 'node'], application);
  return application;
}

/** NestJS 12 applications are ES modules, those of NestJS 11 CommonJS, as the templates of both are. */
function manifest(nest, platform, tarball) {
  const nestVersion = nest === '11' ? '^11.2.10' : '^12.0.0';
  return {
    private: true,
    type: nest === '11' ? 'commonjs' : 'module',
    dependencies: {
      '@nestjs/common': nestVersion,
      '@nestjs/core': nestVersion,
      [`@nestjs/platform-${platform}`]: `^${nest}.0.0`,
      'class-transformer': '^0.5.1',
      'class-validator': '^0.15.1',
      'nestjs-event-stream': `file:${tarball}`,
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
    },
    devDependencies: {
      '@types/node': '^20.0.0',
      typescript: nest === '11' ? '^5.7.3' : '^6.0.2',
    },
  };
}

function isGood(application, nest, platform, node) {
  const version = exec(node, ['-v'], application).trim();
  const combination = `NestJS ${nest}, ${platform}, Node.js ${version}`;
  try {
    const printed = exec(node, ['dist/resume.main.js'], application);
    if (!printed.includes(EXPECTED)) throw new Error(printed);
    console.log(`ok      ${combination}`);
    return true;
  } catch (error) {
    console.log(
      `failed  ${combination}\n${error.stderr ?? ''}${error.message}`,
    );
    return false;
  }
}

function exec(file, args, cwd) {
  return execFileSync(file, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  });
}
