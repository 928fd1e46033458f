import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The sources of all entry points of the packages, by name. */
function entryPoints(): Readonly<Record<string, string>> {
  const { compilerOptions } = JSON.parse(
    readFileSync(join(root, 'tsconfig.json'), 'utf8'),
  ) as { compilerOptions: { paths: Record<string, [string]> } };
  return Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, [path]]) => [
      name,
      join(root, path),
    ]),
  );
}

describe('the public API', () => {
  const entries = entryPoints();
  const program = ts.createProgram(Object.values(entries), {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();

  const isDocumented = (symbol: ts.Symbol): boolean =>
    symbol.getDocumentationComment(checker).length > 0 ||
    symbol.getJsDocTags(checker).length > 0;

  const exportsOf = (file: string): ts.Symbol[] =>
    checker
      .getExportsOfModule(
        checker.getSymbolAtLocation(program.getSourceFile(file)!)!,
      )
      .map((symbol) =>
        symbol.flags & ts.SymbolFlags.Alias
          ? checker.getAliasedSymbol(symbol)
          : symbol,
      );

  /** `Interface.member` of every option for which this does not hold. */
  const optionsWithout = (holds: (member: ts.Symbol) => boolean): string[] => {
    const bare = Object.values(entries)
      .flatMap(exportsOf)
      .filter(({ name }) => name.endsWith('Options'))
      .flatMap((symbol) =>
        [...(symbol.members?.values() ?? [])]
          .filter(({ flags }) => flags & ts.SymbolFlags.Property)
          .filter((member) => !holds(member))
          .map((member) => `${symbol.name}.${member.name}`),
      );
    return [...new Set(bare)];
  };

  it('has a doc comment on everything that is exported', () => {
    const bare = Object.entries(entries).flatMap(([name, file]) =>
      exportsOf(file)
        .filter((symbol) => !isDocumented(symbol))
        .map((symbol) => `${name}: ${symbol.name}`),
    );
    expect(bare).toEqual([]);
  });

  it('has a doc comment on every option', () => {
    expect(optionsWithout(isDocumented)).toEqual([]);
  });

  it('says the unit of every option that ends in Ms', () => {
    const saysUnit = (member: ts.Symbol): boolean =>
      /millisecond/i.test(
        ts.displayPartsToString(member.getDocumentationComment(checker)),
      );
    expect(
      optionsWithout(
        (member) => !member.name.endsWith('Ms') || saysUnit(member),
      ),
    ).toEqual([]);
  });
});
