import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The rows `| code | when |` of a file, without the padding of the formatter. */
async function codesIn(file: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(/\| (`[A-Z_]+`) +\|(.+)\|$/gm)].map(
    ([, code, when]) => `${code} ${when!.trim()}`,
  );
}

describe('docs/errors.md', () => {
  it('lists the codes as the doc comment of SseErrorCode does', async () => {
    const listed = await codesIn('docs/errors.md');
    expect(listed.length).toBeGreaterThan(15);
    expect(listed).toEqual(await codesIn('libs/sse/src/base/exception.ts'));
  });

  it('lists every code that there is', async () => {
    const source = await readFile(
      join(root, 'libs/sse/src/base/exception.ts'),
      'utf8',
    );
    const type = /export type SseErrorCode =([^;]+);/.exec(source)![1]!;
    const codes = [...type.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    const listed = await codesIn('docs/errors.md');
    expect(listed.map((row) => row.split('`')[1])).toEqual(codes);
  });
});
