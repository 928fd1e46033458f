import {
  appendFile,
  mkdtemp,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFollower, followLines } from './file-follower.js';

describe('FileFollower', () => {
  let folder: string;
  let path: string;
  let follower: FileFollower;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-follower-'));
    path = join(folder, 'requests.log');
    follower = new FileFollower(path);
  });

  afterEach(async () => {
    await follower.close();
    await rm(folder, { recursive: true });
  });

  it('reads what is there, and then only what is new', async () => {
    await writeFile(path, 'one\ntwo\n');
    expect(await follower.read()).toEqual(['one', 'two']);
    expect(await follower.read()).toEqual([]);
    await appendFile(path, 'three\n');
    expect(await follower.read()).toEqual(['three']);
  });

  it('waits for a file that is not there yet', async () => {
    expect(await follower.read()).toEqual([]);
    await writeFile(path, 'one\n');
    expect(await follower.read()).toEqual(['one']);
  });

  it('keeps half a line, and half a character, until the rest is written', async () => {
    const text = Buffer.from('grün\n');
    await writeFile(path, text.subarray(0, 3));
    expect(await follower.read()).toEqual([]);
    await appendFile(path, text.subarray(3));
    expect(await follower.read()).toEqual(['grün']);
  });

  it('loses nothing when the file is moved away and begun anew', async () => {
    await writeFile(path, 'one\n');
    expect(await follower.read()).toEqual(['one']);
    await appendFile(path, 'two\nlast words');
    await rename(path, join(folder, 'requests.1.log'));
    await writeFile(path, 'three\n');
    expect(await follower.read()).toEqual(['two', 'last words', 'three']);
  });

  it('reads on in the moved file until the new one is there', async () => {
    const moved = join(folder, 'requests.1.log');
    await writeFile(path, 'one\n');
    await follower.read();
    await rename(path, moved);
    await appendFile(moved, 'two\n');
    expect(await follower.read()).toEqual(['two']);
    await writeFile(path, 'three\n');
    expect(await follower.read()).toEqual(['three']);
  });

  it('begins again when the file is truncated', async () => {
    await writeFile(path, 'one\ntwo, of which half is kept');
    expect(await follower.read()).toEqual(['one']);
    await truncate(path);
    await appendFile(path, 'three\n');
    expect(await follower.read()).toEqual(['three']);
  });

  it('cuts a line that has no end', async () => {
    await writeFile(path, `${'x'.repeat(200_000)}\nnext\n`);
    const [long, next] = await follower.read();
    expect(long).toBe('x'.repeat(16 * 1024));
    expect(next).toBe('next');
  });

  it('begins a large file near its end, with a whole line', async () => {
    const line = `${'x'.repeat(99)}\n`;
    await writeFile(path, line.repeat(20_000));
    const lines = await follower.read();
    expect(lines.length).toBeLessThanOrEqual((1024 * 1024) / 100);
    expect(lines.length).toBeGreaterThan((1024 * 1024) / 100 - 2);
    expect(new Set(lines)).toEqual(new Set([line.trim()]));
  });
});

describe('followLines', () => {
  it('gives every line in order through rotation, and ends when it is aborted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'follow-lines-'));
    const path = join(folder, 'requests.log');
    await writeFile(path, 'before\n');
    const stop = new AbortController();
    const seen: string[] = [];
    const written: string[] = ['before'];
    const following = (async () => {
      for await (const lines of followLines(path, stop.signal)) {
        seen.push(...lines);
        if (seen.length === 61) stop.abort();
      }
    })();
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 20; number++) {
        const line = `${round}.${number}`;
        await appendFile(path, `${line}\n`);
        written.push(line);
      }
      if (round === 1) await rename(path, join(folder, 'requests.1.log'));
    }
    await following;
    expect(seen).toEqual(written);
    await rm(folder, { recursive: true });
  });
});
