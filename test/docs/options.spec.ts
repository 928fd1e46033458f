import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The members of an exported interface. */
async function membersOf(file: string, name: string): Promise<string[]> {
  const text = await readFile(join(root, 'libs/sse/src', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const found = source.statements.find(
    (one): one is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(one) && one.name.text === name,
  );
  return found!.members.map((member) => member.name!.getText(source));
}

describe("the README's table of options", () => {
  it('lists every option of the module, and says which ones a route overrides', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `(\w+)` +\| (yes)? *\|/gm)];
    const ofStreams = await membersOf(
      'connection/stream-settings.ts',
      'StreamOptions',
    );
    const ofModule = await membersOf('options.ts', 'SseModuleOptions');
    const listed = rows.map(([, option]) => option!);
    const overridden = rows.flatMap(([, option, yes]) =>
      yes ? [option!] : [],
    );

    expect(listed.toSorted()).toEqual([...ofStreams, ...ofModule].toSorted());
    expect(overridden.toSorted()).toEqual(ofStreams.toSorted());
  });
});
