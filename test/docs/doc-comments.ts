import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** One `@example` of a doc comment. */
interface Example {
  readonly file: string;
  readonly code: string;
}

/** Where names of examples may come from, before `example-context.ts` is asked. */
const PACKAGES = [
  '@nestjs/terminus',
  'nestjs-event-stream-client',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/swagger',
  'rxjs',
  'class-validator',
  'ioredis',
];

/** Decorators that stand on a class where an example shows nothing but them. */
const OF_CLASSES =
  /^@(Module|Controller|Injectable|UseInterceptors|UseGuards)\(/;

/** The examples in the doc comments of the packages, each as a TypeScript file that can be compiled, by its name. */
export async function docCommentExamples(
  root: string,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const context = join(root, 'test/docs/example-context.ts');
  const names = namesOf(
    [...(await ownPackages(root)), ...PACKAGES, context],
    join(root, 'test/docs/doc-comments.ts'),
  );
  const files = new Map<string, string>([
    [join(folder, 'example-context.ts'), await readFile(context, 'utf8')],
  ]);
  for (const { file, code } of await examplesIn(join(root, 'libs'))) {
    const name = file.slice(root.length).replaceAll(/[/.]/g, '-');
    const whole = wholeFile(code);
    files.set(
      join(folder, `example${name}-${files.size}.ts`),
      `${importsFor(whole, names, context)}\n${whole}\nexport {};\n`,
    );
  }
  return files;
}

async function examplesIn(folder: string): Promise<Example[]> {
  const entries = await readdir(folder, { recursive: true });
  const files = entries.filter(
    (name) => /\/src\/.*\.ts$/.test(`/${name}`) && !name.endsWith('.spec.ts'),
  );
  const examples: Example[] = [];
  for (const name of files) {
    if (name.includes('node_modules')) continue;
    const file = join(folder, name);
    const text = await readFile(file, 'utf8');
    for (const [, comment] of text.matchAll(/\/\*\*(.*?)\*\//gs)) {
      const lines = comment!.replaceAll(/^[ \t]*\*? ?/gm, '');
      for (const part of lines.split(/^@example/m).slice(1)) {
        const [code = ''] = part.split(/^@\w+/m);
        // The backslash keeps decorators from being tags of the comment.
        examples.push({ file, code: code.replaceAll('\\@', '@').trim() });
      }
    }
  }
  return examples;
}

/** Puts an example where it could stand: in a file, in a class, or in a method. */
function wholeFile(code: string): string {
  if (/^(export |import |declare |class |abstract class |\/\/ )/m.test(code))
    return code;
  if (isDecoratorOnly(code))
    return OF_CLASSES.test(code)
      ? `${code}\nexport class Example {}`
      : `export class Example {\n${code}\nmethod() {}\n}`;
  const body = isMember(code) ? code : `async example() {\n${code}\n}`;
  return `export class Example extends ExampleContext {\n${body}\n}`;
}

function isDecoratorOnly(code: string): boolean {
  const { parseDiagnostics } = parse(`${code}\nclass Example {}`);
  return code.startsWith('@') && parseDiagnostics.length === 0;
}

function isMember(code: string): boolean {
  const { parseDiagnostics } = parse(`class Example {\n${code}\n}`);
  return parseDiagnostics.length === 0 && !/^(const|let) /.test(code);
}

function parse(code: string): {
  readonly parseDiagnostics: readonly unknown[];
} {
  // Not public, and the one way to hear of errors without a program.
  return ts.createSourceFile(
    'example.ts',
    code,
    ts.ScriptTarget.Latest,
  ) as unknown as { readonly parseDiagnostics: readonly unknown[] };
}

interface Name {
  readonly module: string;
  readonly isValue: boolean;
}

async function ownPackages(root: string): Promise<string[]> {
  const config = await readFile(join(root, 'tsconfig.json'), 'utf8');
  const { compilerOptions } = JSON.parse(config) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  return Object.keys(compilerOptions.paths);
}

/** What modules export; the first of two that export the same name counts. */
function namesOf(
  modules: readonly string[],
  importer: string,
): Map<string, Name> {
  const root = join(dirname(importer), '../..');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const files = modules.map((name) => {
    const { resolvedModule } = ts.resolveModuleName(
      name,
      importer,
      options,
      ts.sys,
      undefined,
      undefined,
      ts.ModuleKind.ESNext,
    );
    if (resolvedModule === undefined) throw new Error(`${name} is not there.`);
    return resolvedModule.resolvedFileName;
  });
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const names = new Map<string, Name>();
  for (const [index, file] of files.entries()) {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!);
    for (const one of symbol ? checker.getExportsOfModule(symbol) : []) {
      if (names.has(one.name)) continue;
      const target =
        one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      const isValue = (target.flags & ts.SymbolFlags.Value) !== 0;
      names.set(one.name, { module: modules[index]!, isValue });
    }
  }
  return names;
}

function importsFor(
  code: string,
  names: ReadonlyMap<string, Name>,
  context: string,
): string {
  const isImported = (name: string): boolean =>
    new RegExp(
      `import .*\\b${name}\\b|(class|interface|const|function) ${name}\\b`,
    ).test(code);
  const used = new Set(code.match(/(?<![.\w'])[A-Za-z_]\w*/g));
  const lines: string[] = [];
  for (const name of used) {
    const found = names.get(name);
    // Nest has decorators of the names of Node's own Request and Response.
    const isGlobal = found?.module === '@nestjs/common' && name in globalThis;
    if (found === undefined || isGlobal || isImported(name)) continue;
    const module =
      found.module === context ? './example-context.js' : found.module;
    const kind = found.isValue ? 'import' : 'import type';
    lines.push(`${kind} { ${name} } from '${module}';`);
  }
  return lines.join('\n');
}
