import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The client package as one script for pages, from its sources; it is at `window.client`.
 * @param entry the source of the entry point, from `libs/sse-client/src`
 */
export async function bundleClient(entry = 'index.ts'): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`libs/sse-client/src/${entry}`],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'client',
    footer: { js: 'globalThis.client = client;' },
    target: 'es2022',
  });
  return outputFiles[0]!.text;
}
