import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.js';

/** A folder of the test's own, which is removed at the end. */
export async function temporaryFolder(
  name: string,
  parent = tmpdir(),
): Promise<string> {
  const folder = await mkdtemp(join(parent, `${name}-`));
  atEnd(folder, () => rm(folder, { recursive: true, force: true }));
  return folder;
}
