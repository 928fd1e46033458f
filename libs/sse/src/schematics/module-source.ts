/** One thing for a list of `@Module()`. */
export interface ModuleEntry {
  readonly list: 'imports' | 'controllers';
  /** What stands in the list, such as `SseModule.forRoot()`. */
  readonly entry: string;
  readonly name: string;
  /** Where the name is imported from. */
  readonly from: string;
}

/**
 * The source of a module with one more entry; the same source if it names that already.
 * @returns undefined if no `@Module({ … })` is in it
 */
export function addToModule(
  source: string,
  { list, entry, name, from }: ModuleEntry,
): string | undefined {
  if (new RegExp(`\\b${name}\\b`).test(source)) return source;
  const opening = /@Module\(\s*\{/.exec(source);
  if (opening === null) return undefined;
  const start = opening.index + opening[0].length;
  const at = listIn(source, start, list);
  const changed =
    at === undefined
      ? insert(source, start, `\n  ${list}: [${entry}],`)
      : insert(
          source,
          at,
          /^\s*\]/.test(source.slice(at)) ? entry : `${entry}, `,
        );
  return addImport(changed, `import { ${name} } from '${from}';\n`);
}

function insert(text: string, at: number, part: string): string {
  return text.slice(0, at) + part + text.slice(at);
}

const STRING_OR_COMMENT =
  /^(?:\/\/.*|\/\*[^]*?\*\/|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)/;

/** The place behind the bracket that opens a list of the object whose inside begins at `start`. */
function listIn(
  source: string,
  start: number,
  list: string,
): number | undefined {
  const opening = new RegExp(`^\\b${list}\\s*:\\s*\\[`);
  let depth = 0;
  for (let at = start; at < source.length && depth >= 0;) {
    const rest = source.slice(at);
    const skipped = STRING_OR_COMMENT.exec(rest);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    const found = depth === 0 ? opening.exec(rest) : null;
    if (found !== null && !/[\w$]/.test(source[at - 1] ?? ''))
      return at + found[0].length;
    if ('{[('.includes(source[at]!)) depth++;
    if ('}])'.includes(source[at]!)) depth--;
    at++;
  }
  return undefined;
}

function addImport(source: string, line: string): string {
  const imports = [
    ...source.matchAll(/^import\b[^]*?from\s*['"][^'"]+['"];?[^\S\n]*\n/gm),
  ];
  const last = imports.at(-1);
  return last === undefined
    ? `${line}\n${source}`
    : insert(source, last.index + last[0].length, line);
}
