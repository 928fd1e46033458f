import { readFileSync } from 'node:fs';
import { nestAdd, PEERS, type NestAddOptions } from './nest-add.js';

/** A project in memory, and what the schematic said and asked for. */
class Project {
  readonly files: Map<string, string>;
  readonly tasks: object[] = [];
  readonly told: string[] = [];

  constructor(files: Record<string, string>) {
    this.files = new Map(Object.entries(files));
  }

  add(options: NestAddOptions = {}): void {
    const { files } = this;
    const write = (path: string, content: string): void =>
      void files.set(path, content);
    const tell = (message: string): void => void this.told.push(message);
    nestAdd(options)(
      {
        exists: (path) => files.has(path),
        read: (path) => Buffer.from(files.get(path)!),
        create: write,
        overwrite: write,
      },
      {
        logger: { info: tell, warn: tell },
        addTask: (task) => this.tasks.push(task.toConfiguration()),
      },
    );
  }
}

const MODULE =
  "import { Module } from '@nestjs/common';\n\n@Module({\n  imports: [],\n  controllers: [],\n})\nexport class AppModule {}\n";

function projectOf(manifest: object, more: Record<string, string> = {}) {
  return new Project({
    '/package.json': JSON.stringify(manifest),
    '/src/app.module.ts': MODULE,
    ...more,
  });
}

describe('nest add nestjs-event-stream', () => {
  it.each([
    ['an application of ES modules', 'module', '.js'],
    ['a CommonJS application', undefined, ''],
  ])('adds the module and a sample to %s', (_name, type, ending) => {
    const project = projectOf({ type, dependencies: PEERS });
    project.add();
    const module = project.files.get('/src/app.module.ts')!;
    expect(module).toContain('imports: [SseModule.forRoot()]');
    expect(module).toContain('controllers: [HeadlinesController]');
    expect(module).toContain(
      `from './headlines/headlines.controller${ending}';`,
    );
    expect(project.files.has('/src/headlines/headlines.controller.ts')).toBe(
      true,
    );
    expect(project.tasks).toEqual([]);
  });

  it('adds no sample where none is wanted, and changes nothing the second time', () => {
    const project = projectOf({});
    project.add({ sample: false });
    const files = new Map(project.files);
    expect([...files.keys()]).toEqual(['/package.json', '/src/app.module.ts']);
    project.add({ sample: false });
    expect(project.files).toEqual(files);
    expect(project.tasks).toHaveLength(1);
  });

  it('installs the peer dependencies that are missing, by the package manager of the project', () => {
    const project = projectOf(
      { dependencies: { rxjs: '^7.0.0', 'class-validator': '^0.14.0' } },
      { '/pnpm-lock.yaml': '' },
    );
    project.add();
    expect(JSON.parse(project.files.get('/package.json')!)).toEqual({
      dependencies: {
        'class-transformer': '^0.5.1',
        'class-validator': '^0.14.0',
        rxjs: '^7.0.0',
      },
    });
    expect(project.tasks).toMatchObject([
      { options: { command: 'install', packageManager: 'pnpm' } },
    ]);
  });

  it('asks for the versions that the package has as its peers', () => {
    const manifest = readFileSync(
      new URL('../../package.json', import.meta.url),
      'utf8',
    );
    const { peerDependencies } = JSON.parse(manifest);
    for (const [name, range] of Object.entries(PEERS))
      expect(peerDependencies[name].split(' || ')).toContain(range);
  });

  it('says what to do where the root module is elsewhere', () => {
    const project = new Project({ '/package.json': '{}' });
    project.add({ sourceRoot: 'apps/shop/src' });
    expect(project.told[0]).toMatch(
      /^No @Module\(\{ … \}\) in \/apps\/shop\/src\/app\.module\.ts: add SseModule\.forRoot\(\)/,
    );
    expect([...project.files.keys()]).toEqual(['/package.json']);
  });
});
