// Fails when a file under libs/sse/src imports from a layer that is not to the left of its own (see CONTRIBUTING.md),
// or when files import each other in a circle. Type-only imports, re-exports and dynamic imports count: each of them
// ties the files together. (oxlint's import/no-cycle does not see type-only imports.)
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const ROOT_NAME = 'the root';

/** From left to right; folders that share a step must not import each other. */
const steps = [
  ['base'],
  ['event'],
  ['log'],
  ['bus'],
  ['connection'],
  ['platform'],
  ['route'],
  ['auth', 'runs', 'observability', 'openapi', 'inspector'],
  ['subscriptions'],
  [ROOT_NAME],
  // Builds modules of its own from the providers of ours.
  ['testing', 'schematics'],
];

const src = resolve(process.argv[2] ?? 'libs/sse/src');

/** What each file imports, as far as it is ours: `{ specifier, path }`. */
const imports = new Map(
  readdirSync(src, { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => [join(src, file), importsOf(join(src, file))]),
);

const complaints = [
  ...unknownFolders(),
  ...[...imports.keys()].flatMap(importsToTheRight),
  ...circles(),
];
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
  return importedFiles.flatMap(({ fileName: specifier }) => {
    if (specifier.startsWith('.')) {
      const path = resolve(file, '..', specifier).replace(/\.js$/, '.ts');
      return [{ specifier, path }];
    }
    return specifier.startsWith('nestjs-event-stream')
      ? [{ specifier, path: join(src, 'index.ts') }]
      : [];
  });
}

function layerOf(file) {
  const [folder, ...rest] = relative(src, file).split(sep);
  if (rest.length === 0 && folder !== '..')
    return {
      name: ROOT_NAME,
      step: steps.findIndex(([one]) => one === ROOT_NAME),
    };
  const step = steps.findIndex((folders) => folders.includes(folder));
  return { name: folder, step };
}

/** A new folder has to be given its place: says between which others it can stand. */
function unknownFolders() {
  const unknown = new Set(
    [...imports.keys()].map(layerOf).filter(({ step }) => step < 0),
  );
  const names = new Set([...unknown].map(({ name }) => name));
  return [...names].map((name) => {
    const after = neighbours(name, true);
    const before = neighbours(name, false);
    return (
      `folder "${name}" is no layer: add it to the steps in scripts/check-layers.mjs and to CONTRIBUTING.md` +
      (after.length > 0 ? `, to the right of ${after.join(', ')}` : '') +
      (before.length > 0 ? `, to the left of ${before.join(', ')}` : '')
    );
  });
}

/** The layers that a folder imports, or that import it. */
function neighbours(name, isImporter) {
  const found = new Set();
  for (const [file, targets] of imports) {
    for (const { path } of targets) {
      const [from, to] = [layerOf(file), layerOf(path)];
      const [own, other] = isImporter ? [from, to] : [to, from];
      if (own.name === name && other.name !== name) found.add(other.name);
    }
  }
  return [...found].sort();
}

function importsToTheRight(file) {
  const own = layerOf(file);
  if (own.step < 0) return [];
  return imports.get(file).flatMap(({ specifier, path }) => {
    const target = layerOf(path);
    if (target.name === own.name) return [];
    if (target.step >= 0 && target.step < own.step) return [];
    return [
      `${file}: ${own.name} must not import ${specifier} (${target.name})`,
    ];
  });
}

/** Each group of files that all reach each other, by the algorithm of Tarjan. */
function circles() {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found.map(
    (files) =>
      `a circle of imports, type-only ones counted: ${files
        .map((file) => relative(src, file))
        .sort()
        .join(', ')}`,
  );

  function visit(file) {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const { path } of imports.get(file)) {
      if (!imports.has(path)) continue;
      if (!index.has(path)) {
        visit(path);
        low.set(file, Math.min(low.get(file), low.get(path)));
      } else if (stack.includes(path)) {
        low.set(file, Math.min(low.get(file), index.get(path)));
      }
    }
    if (low.get(file) !== index.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group);
  }
}
