// Fails when a file under libs/sse/src imports from a layer that is not to the left of its own (see CONTRIBUTING.md).
// Type-only imports, re-exports and dynamic imports count: each of them ties the layers together.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

/** From left to right; folders that share a step must not import each other. Files in the root of `src` come last. */
const steps = [
  ['base'],
  ['event'],
  ['log'],
  ['bus'],
  ['connection'],
  ['platform'],
  ['route'],
  ['auth', 'runs', 'observability', 'openapi', 'inspector', 'testing'],
];
const ROOT = steps.length;

const src = resolve(process.argv[2] ?? 'libs/sse/src');

function layerOf(file) {
  const [folder, ...rest] = relative(src, file).split(sep);
  if (rest.length === 0 && folder !== '..')
    return { name: 'the root', step: ROOT };
  const step = steps.findIndex((folders) => folders.includes(folder));
  return { name: folder, step };
}

function violationsOf(file) {
  const own = layerOf(file);
  if (own.step < 0) return [`${file}: folder "${own.name}" is no layer`];
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
  return importedFiles.flatMap(({ fileName: specifier }) => {
    const target = targetOf(file, specifier);
    if (target === undefined || target.name === own.name) return [];
    if (target.step >= 0 && target.step < own.step) return [];
    return [
      `${file}: ${own.name} must not import ${specifier} (${target.name})`,
    ];
  });
}

/** The layer an import leads to; undefined for the packages of others. */
function targetOf(file, specifier) {
  if (specifier.startsWith('.')) return layerOf(resolve(file, '..', specifier));
  return specifier.startsWith('nestjs-event-stream') ? layerOf(src) : undefined;
}

const violations = readdirSync(src, { recursive: true })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .flatMap((file) => violationsOf(join(src, file)));

for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
