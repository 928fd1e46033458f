// Builds what pages without a bundler load: each entry point of the client as one ES module, with all it needs.
import { build } from 'esbuild';

await build({
  entryPoints: {
    index: 'dist/esm/index.js',
    shared: 'dist/esm/shared/index.js',
    topics: 'dist/esm/topics/index.js',
  },
  outdir: 'dist/browser',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
});
