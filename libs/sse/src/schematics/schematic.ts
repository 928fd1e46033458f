/** The files of a project, as far as the schematic needs them: a `Tree` of `@angular-devkit/schematics`. */
export interface ProjectTree {
  exists(path: string): boolean;
  read(path: string): Buffer | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

/** What a schematic can do beside files: a `SchematicContext` of `@angular-devkit/schematics`. */
export interface SchematicContext {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): object }): unknown;
}

/** @throws Error if there is no such file */
export function textOf(tree: ProjectTree, path: string): string {
  const content = tree.read(path);
  if (content === null) throw new Error(`${path} is not there.`);
  return content.toString('utf8');
}
