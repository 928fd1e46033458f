import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const { compilerOptions } = JSON.parse(
  readFileSync(new URL('./tsconfig.json', import.meta.url), 'utf8'),
);

/** The workspace's packages are tested from their sources, at the places tsconfig.json names. */
const moduleNameMapper = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([name, [source]]) => [
    `^${name}$`,
    source.replace('.', '<rootDir>'),
  ]),
);

const swc = {
  module: { type: 'es6' },
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      useDefineForClassFields: false,
    },
    keepClassNames: true,
  },
};

const project = (displayName, testMatch) => ({
  displayName,
  testMatch: testMatch.map((glob) => `<rootDir>/${glob}`),
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper,
  modulePathIgnorePatterns: ['<rootDir>/(libs|apps)/[^/]+/dist/'],
  resolver: '<rootDir>/test/support/jest-resolver.cjs',
  setupFiles: ['reflect-metadata'],
  setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
});

export default {
  // For what hangs: a busy machine may take ten times as long as an idle one.
  testTimeout: 90_000,
  // Tests wait more than they work, and Jest would run all in one process on a machine with two cores.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Between two files a worker that has grown beyond this is replaced: Node gives nothing back of a file's modules.
  workerIdleMemoryLimit: '512MB',
  reporters: ['default', '<rootDir>/scripts/testing/progress-reporter.mjs'],
  projects: [
    project('unit', [
      'libs/*/src/**/*.spec.ts',
      'apps/*/src/**/*.spec.ts',
      'test/scripts/**/*.spec.ts',
    ]),
    project('e2e', [
      'test/!(packages|browser|scripts|proxies)/**/*.spec.ts',
      'test/*.spec.ts',
    ]),
    project('packages', ['test/packages/*.spec.ts']),
    project('browser', ['test/browser/**/*.spec.ts']),
    // Their servers are asked for by `npm run test:full` alone.
    ...(process.env.TEST_MATRIX === 'full'
      ? [project('proxies', ['test/proxies/*.spec.ts'])]
      : []),
  ],
};
