import { addToModule, type ModuleEntry } from './module-source.js';
import { SAMPLE, SAMPLE_FILE } from './sample.js';
import {
  textOf,
  type ProjectTree,
  type SchematicContext,
} from './schematic.js';

/** What `nest add nestjs-event-stream` is told; `schematics/nest-add.schema.json` says the same to its runner. */
export interface NestAddOptions {
  /** @default 'src' */
  readonly sourceRoot?: string | undefined;
  /** @default true */
  readonly sample?: boolean | undefined;
}

/** The peer dependencies that an application may not have yet. */
export const PEERS: Readonly<Record<string, string>> = {
  'class-transformer': '^0.5.1',
  'class-validator': '^0.15.0',
};

/** `nest add nestjs-event-stream`: the runner has installed the package, and calls this for the rest. It may run again. */
export function nestAdd({ sourceRoot = 'src', sample = true }: NestAddOptions) {
  return (tree: ProjectTree, context: SchematicContext): void => {
    addPeers(tree, context);
    const isAdded = addEntry(tree, context, sourceRoot, {
      list: 'imports',
      entry: 'SseModule.forRoot()',
      name: 'SseModule',
      from: 'nestjs-event-stream',
    });
    if (isAdded && sample) addSample(tree, context, sourceRoot);
    context.logger.info(
      'Call app.enableShutdownHooks() in main.ts, so that open streams are told when the process stops.',
    );
  };
}

interface Manifest {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const MANIFEST = '/package.json';

function manifestOf(tree: ProjectTree): Manifest {
  return JSON.parse(textOf(tree, MANIFEST)) as Manifest;
}

function addPeers(tree: ProjectTree, context: SchematicContext): void {
  const manifest = manifestOf(tree);
  const { dependencies = {} } = manifest;
  const missing = Object.entries(PEERS).filter(
    ([name]) => !(name in dependencies),
  );
  if (missing.length === 0) return;
  const all = Object.entries({
    ...dependencies,
    ...Object.fromEntries(missing),
  }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const changed = { ...manifest, dependencies: Object.fromEntries(all) };
  tree.overwrite(MANIFEST, `${JSON.stringify(changed, null, 2)}\n`);
  context.addTask({
    toConfiguration: () => ({
      name: 'node-package',
      options: {
        command: 'install',
        quiet: true,
        packageManager: packageManagerOf(tree),
      },
    }),
  });
}

const LOCK_FILES: Readonly<Record<string, string>> = {
  '/pnpm-lock.yaml': 'pnpm',
  '/yarn.lock': 'yarn',
  '/bun.lock': 'bun',
};

function packageManagerOf(tree: ProjectTree): string {
  const lock = Object.keys(LOCK_FILES).find((path) => tree.exists(path));
  return lock === undefined ? 'npm' : LOCK_FILES[lock]!;
}

/** @returns whether the module has it now */
function addEntry(
  tree: ProjectTree,
  { logger }: SchematicContext,
  sourceRoot: string,
  entry: ModuleEntry,
): boolean {
  const path = `/${sourceRoot}/app.module.ts`;
  const source = tree.exists(path) ? textOf(tree, path) : '';
  const changed = addToModule(source, entry);
  if (changed === undefined) {
    logger.warn(
      `No @Module({ … }) in ${path}: add ${entry.entry} to the ${entry.list} of your root module, ` +
        `and import { ${entry.name} } from '${entry.from}'.`,
    );
    return false;
  }
  if (changed !== source) tree.overwrite(path, changed);
  return true;
}

function addSample(
  tree: ProjectTree,
  context: SchematicContext,
  sourceRoot: string,
): void {
  const path = `/${sourceRoot}/${SAMPLE_FILE}.ts`;
  if (tree.exists(path)) return;
  tree.create(path, SAMPLE);
  const isEsm = manifestOf(tree).type === 'module';
  addEntry(tree, context, sourceRoot, {
    list: 'controllers',
    entry: 'HeadlinesController',
    name: 'HeadlinesController',
    from: `./${SAMPLE_FILE}${isEsm ? '.js' : ''}`,
  });
}
