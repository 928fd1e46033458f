// Says how large the client is, minified and gzipped, and fails where its own code is over the limit.
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
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
];

for (const { name, entry, ...options } of rows) {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [fileURLToPath(new URL(entry, dist))],
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
