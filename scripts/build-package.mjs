// Builds the package in the current folder: dist/esm for `import`, dist/cjs for `require`, each with its own types.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync('dist', { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json']) {
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
}
// The package is `type: module`; without this, Node and TypeScript would read dist/cjs as ES modules.
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
