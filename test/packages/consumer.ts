import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/folder.js';

export interface ConsumerOptions {
  nest: 11 | 12;
  platform: 'express' | 'fastify';
}

const template = join(import.meta.dirname, 'consumer');
const nest = join(
  import.meta.dirname,
  '../../node_modules/@nestjs/cli/bin/nest.js',
);

/** An application outside the workspace that has the package as users get it: installed from its tarball. */
export class Consumer {
  private constructor(private readonly folder: string) {}

  static async install(
    options: ConsumerOptions,
    tarball: string,
  ): Promise<Consumer> {
    const folder = await temporaryFolder('consumer');
    const platform = join(template, 'platforms', `${options.platform}.ts`);
    await cp(template, folder, { recursive: true });
    await rm(join(folder, 'platforms'), { recursive: true });
    if (options.nest === 11)
      await cp(join(folder, 'nest-11'), join(folder, 'src'), {
        recursive: true,
      });
    await rm(join(folder, 'nest-11'), { recursive: true });
    await cp(platform, join(folder, 'src/create-app.ts'));
    await cp(platform, join(folder, 'bare/src/create-app.ts'));
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify(manifest(options, tarball)),
    );
    const consumer = new Consumer(folder);
    await consumer.run('npm install --prefer-offline --no-audit --no-fund');
    return consumer;
  }

  /**
   * Writes each whole test file of a guide that fits as one of the application's own.
   * @returns how many
   */
  async addExamples(
    guide: string,
    fits: (code: string) => boolean,
  ): Promise<number> {
    const text = await readFile(guide, 'utf8');
    const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .map(([, code]) => code!)
      .filter((code) => /^ *it\(/m.test(code) && fits(code));
    for (const [index, code] of blocks.entries())
      await writeFile(join(this.folder, `src/guide-${index}.spec.ts`), code);
    return blocks.length;
  }

  /**
   * Makes a bare application beside this one, has `nest add` add the package and its sample, and runs it.
   * @returns what it printed: a stream with an event of the sample
   */
  async addToNewApplication(): Promise<string> {
    const { folder } = this;
    const bare = join(folder, 'bare');
    const { type } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    );
    // Both are installed in the folder above, where Node looks next.
    const dependencies = { 'class-transformer': '*', 'class-validator': '*' };
    await writeFile(
      join(bare, 'package.json'),
      JSON.stringify({ private: true, type, dependencies }),
    );
    await run(`${process.execPath} ${nest} add nestjs-event-stream -s`, bare);
    await run('npx tsc', bare);
    return run(`${process.execPath} dist/main.js`, bare);
  }

  /** Runs a command line in the application's folder; gives what it printed, and throws that if it fails. */
  run(command: string): Promise<string> {
    return run(command, this.folder);
  }
}

/** Runs a command line (words separated by blanks) without a shell. */
export async function run(command: string, cwd: string): Promise<string> {
  const [file = '', ...args] = command.split(' ');
  // A consumer's tests must not see that they were started from Jest.
  const { NODE_OPTIONS: _, JEST_WORKER_ID: __, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, env });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} failed:\n${stdout}\n${stderr}`, {
      cause: error,
    });
  }
}

/** Nest 12 applications are ES modules, those of Nest 11 CommonJS: what each version's own template makes. */
function manifest({ nest, platform }: ConsumerOptions, tarball: string) {
  const nestVersion = nest === 11 ? '^11.2.10' : '^12.0.0';
  return {
    private: true,
    type: nest === 11 ? 'commonjs' : 'module',
    dependencies: {
      '@nestjs/common': nestVersion,
      '@nestjs/core': nestVersion,
      [`@nestjs/platform-${platform}`]: nest === 11 ? '^11.0.0' : '^12.0.0',
      '@nestjs/swagger': nest === 11 ? '^11.0.0' : '^12.0.0',
      '@nestjs/throttler': '^6.7.1',
      'class-transformer': '^0.5.1',
      'class-validator': '^0.15.1',
      'nestjs-cls': '^6.3.1',
      'nestjs-event-stream': `file:${tarball}`,
      // Which no version for Nest 12 is there of.
      ...(nest === 11 && {
        'nestjs-pino': '^4.6.1',
        pino: '^10.4.0',
        'pino-http': '^11.0.0',
      }),
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
    },
    devDependencies: {
      '@nestjs/testing': nest === 11 ? '^11.0.0' : '^12.0.0',
      '@types/jest': '^30.0.0',
      '@types/node': '^20.0.0',
      '@types/supertest': '^7.2.0',
      supertest: '^7.1.0',
      typescript: nest === 11 ? '^5.7.3' : '^6.0.2',
      ...(nest === 11
        ? { jest: '^30.0.0', 'ts-jest': '^29.4.0' }
        : // Which the guides take for granted.
          { '@nestjs/platform-express': '^12.0.0', vitest: '^4.1.2' }),
    },
  };
}
