import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { demoFolder } from '../demo-folder.js';
import { fillTemplate } from './page-template.js';

export interface PublicFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
};

/**
 * The files the site may serve. They are listed once, and a request is only ever looked up in that list: no path is
 * made of what a client sent, so that there is nothing to climb out of. The contents are read at each request, so that
 * an edit shows on reload.
 */
@Injectable()
export class PublicFiles implements OnModuleInit {
  readonly #files = new Map<string, string>();
  readonly #publicFolder = join(demoFolder, 'public');

  async onModuleInit(): Promise<void> {
    for (const folder of ['css', 'img', 'js']) {
      await this.#list(join(this.#publicFolder, folder), `/assets/${folder}/`);
    }
    await this.#list(join(demoFolder, 'src'), '/source/');
    for (const page of await filesBelow(this.#publicFolder)) {
      const name = /^([a-z-]+)\.html$/.exec(page)?.[1];
      const path = `/${name === 'index' ? '' : name}`;
      if (name) this.#files.set(path, join(this.#publicFolder, page));
    }
    const { resolve } = createRequire(import.meta.url);
    for (const name of ['uPlot.esm.js', 'uPlot.min.css']) {
      this.#files.set(`/assets/vendor/${name}`, resolve(`uplot/dist/${name}`));
    }
    const client = dirname(resolve('nestjs-event-stream-client/package.json'));
    this.#files.set(
      '/assets/vendor/event-stream-client.js',
      join(client, 'dist/browser/shared.js'),
    );
  }

  /** Undefined for a path that is not on the list. */
  async read(path: string): Promise<PublicFile | undefined> {
    const file = this.#files.get(path);
    const type = types[extname(file ?? '')];
    if (file === undefined || type === undefined) return undefined;
    const content = await readFile(file);
    const body = file.endsWith('.html')
      ? Buffer.from(
          await fillTemplate(content.toString(), path, this.#publicFolder),
        )
      : content;
    const hash = createHash('sha256').update(body).digest('base64url');
    return { type, body, etag: `"${hash.slice(0, 22)}"` };
  }

  async #list(folder: string, prefix: string): Promise<void> {
    for (const file of await filesBelow(folder)) {
      const path = file.split(sep).join('/');
      if (!path.endsWith('.spec.ts')) {
        this.#files.set(prefix + path, join(folder, file));
      }
    }
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
