import { pages } from './pages.js';
import { PublicFiles } from './public-files.service.js';

describe('PublicFiles', () => {
  let files: PublicFiles;

  beforeAll(async () => {
    files = new PublicFiles();
    await files.onModuleInit();
  });

  it.each([
    ['/', 'text/html'],
    ['/log-tail', 'text/html'],
    ['/assets/css/base.css', 'text/css'],
    ['/assets/js/pages/clock.js', 'text/javascript'],
    ['/assets/vendor/uPlot.esm.js', 'text/javascript'],
    ['/source/clock/clock.controller.ts', 'text/plain'],
  ])('serves %s as %s', async (path, type) => {
    expect((await files.read(path))?.type).toContain(type);
  });

  it.each([
    '/package.json',
    '/assets/../package.json',
    '/assets/%2e%2e/package.json',
    '/assets/js',
    '/assets/partials/head.html',
    '/source/../package.json',
    '/source/site/public-files.service.spec.ts',
    '/constructor',
    '/__proto__',
  ])('does not serve %s', async (path) => {
    expect(await files.read(path)).toBeUndefined();
  });

  it('puts the shared parts into a page and marks its own link', async () => {
    const html = (await files.read('/clock'))!.body.toString();
    expect(html).not.toContain('<!-- include');
    expect(html).toContain('<a href="/clock" aria-current="page">');
    expect(html.match(/aria-current/g)).toHaveLength(1);
  });

  it('shows only source files that exist', async () => {
    for (const { path: page } of pages) {
      const html = (await files.read(page))!.body.toString();
      for (const [, path] of html.matchAll(/<code-file path="([^"]+)"/g)) {
        expect([path, await files.read(`/source/${path}`)]).toEqual([
          path,
          expect.anything(),
        ]);
      }
    }
  });
});
