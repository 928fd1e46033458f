// Runs Jest, with the arguments given, on a copy of the repository that has Nest 11 where this one has Nest 12.
// The copy is outside of the repository: from within, Node would find Nest 12. It takes the library's build along.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nest-11-'));

// Ctrl+C ends the child. Without a listener it would end this process, too, before the copy is removed.
process.on('SIGINT', () => {});
try {
  copyRepository();
  replaceNest();
  install();
  const jestArguments = process.argv.slice(2);
  process.exitCode = npm('run', '--silent', 'jest', '--', ...jestArguments);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Without the tests of the documentation, which is written for Nest 12. */
function copyRepository() {
  const left = ['.git', 'logs', join('test', 'docs')];
  const filter = (path) =>
    basename(path) !== 'node_modules' && !left.includes(relative(root, path));
  cpSync(root, folder, { recursive: true, filter });
}

/** The demo and the benchmarks are applications of Nest 12: their folders stay, as documents, but are no workspaces. */
function replaceNest() {
  const { devDependencies, ...manifest } = readJson('package.json');
  writeJson('package.json', {
    ...manifest,
    workspaces: ['libs/*'],
    devDependencies: { ...withoutNest(devDependencies), ...nest11() },
  });
  // All other packages stay at the versions that the tests run with on Nest 12.
  const { packages, ...lock } = readJson('package-lock.json');
  writeJson('package-lock.json', { ...lock, packages: withoutNest(packages) });
}

function withoutNest(byName) {
  return Object.fromEntries(
    Object.entries(byName).filter(([name]) => !name.includes('@nestjs/')),
  );
}

/** The ranges that the library promises to run with, and the adapters and packages that fit. */
function nest11() {
  const { peerDependencies } = readJson('libs/sse/package.json');
  const [common, core] = ['@nestjs/common', '@nestjs/core'].map((name) => {
    const ranges = peerDependencies[name].split(' || ');
    const range = ranges.find((each) => each.startsWith('^11.'));
    if (range) return range;
    throw new Error(`libs/sse has no peer range for ${name} 11`);
  });
  return {
    '@nestjs/common': common,
    '@nestjs/core': core,
    '@nestjs/config': '^4.0.0',
    '@nestjs/cqrs': '^11.0.0',
    '@nestjs/event-emitter': '^3.0.0',
    '@nestjs/microservices': '^11.0.0',
    '@nestjs/passport': '^11.0.0',
    '@nestjs/platform-express': '^11.0.0',
    '@nestjs/platform-fastify': '^11.0.0',
    '@nestjs/schedule': '^6.0.0',
    '@nestjs/swagger': '^11.0.0',
    '@nestjs/terminus': '^11.0.0',
    '@nestjs/testing': '^11.0.0',
    '@nestjs/throttler': '^6.0.0',
  };
}

function install() {
  const status = npm('install', '--prefer-offline', '--no-audit', '--no-fund');
  if (status !== 0) {
    throw new Error(
      `Nest 11 could not be installed: npm install exited with ${status} and said why above. No test has run.`,
    );
  }
  const { version } = readJson('node_modules/@nestjs/core/package.json');
  console.log(`Nest ${version}`);
}

function npm(...args) {
  return spawnSync('npm', args, { cwd: folder, stdio: 'inherit' }).status ?? 1;
}

function readJson(path) {
  return JSON.parse(readFileSync(join(folder, path), 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(join(folder, path), JSON.stringify(value, null, 2));
}
