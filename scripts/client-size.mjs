// Says how large the client is, minified and gzipped, and what npm packs; fails where the client's own code is over the limit.
import { execFile } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const LIMIT_BYTES = 5 * 1024;

const dist = new URL('../libs/sse-client/dist/esm/', import.meta.url);
const rows = [
  { name: 'the client', entry: 'index.js', external: ['eventsource-parser'] },
  { name: 'with eventsource-parser 3', entry: 'index.js' },
  {
    name: 'with eventsource-parser 4',
    entry: 'index.js',
    alias: { 'eventsource-parser': 'eventsource-parser-4' },
  },
  ...['shared', 'topics', 'rxjs'].map((name) => ({
    name: `the client with /${name}`,
    entry: ['index.js', `${name}/index.js`],
    external: ['eventsource-parser', 'rxjs'],
  })),
];

for (const { name, entry, ...options } of rows) {
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: exportsOf(entry), resolveDir: fileURLToPath(dist) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  const [{ contents }] = outputFiles;
  const size = gzipSync(contents, { level: 9 }).length;
  console.log(`${name}: ${size} bytes gzipped, ${contents.length} minified`);
  if (name === 'the client' && size > LIMIT_BYTES) {
    console.error(`The client is over its limit of ${LIMIT_BYTES} bytes.`);
    process.exitCode = 1;
  }
}

for (const folder of ['sse', 'sse-client']) {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: fileURLToPath(new URL(`../libs/${folder}`, import.meta.url)) },
  );
  const [{ name, size, unpackedSize, entryCount }] = JSON.parse(stdout);
  console.log(
    `${name}: ${size} bytes packed, ${unpackedSize} unpacked, in ${entryCount} files`,
  );
}

function exportsOf(entry) {
  return [entry]
    .flat()
    .map((file) => `export * from './${file}';`)
    .join('\n');
}
