import { addToModule, type ModuleEntry } from './module-source.js';

const SSE: ModuleEntry = {
  list: 'imports',
  entry: 'SseModule.forRoot()',
  name: 'SseModule',
  from: 'nestjs-event-stream',
};

const IMPORT = "import { Module } from '@nestjs/common';\n";
const OWN = "import { SseModule } from 'nestjs-event-stream';\n";

describe('addToModule()', () => {
  it.each([
    [
      'an empty list',
      '@Module({\n  imports: [],\n})',
      '@Module({\n  imports: [SseModule.forRoot()],\n})',
    ],
    [
      'a list with others',
      '@Module({ imports: [\n    OrdersModule,\n  ] })',
      '@Module({ imports: [SseModule.forRoot(), \n    OrdersModule,\n  ] })',
    ],
    [
      'a module without the list',
      '@Module({ controllers: [A] })',
      '@Module({\n  imports: [SseModule.forRoot()], controllers: [A] })',
    ],
    [
      'a module of nothing',
      '@Module({})',
      '@Module({\n  imports: [SseModule.forRoot()],})',
    ],
    [
      'a module with such a list in another place',
      "@Module({ /* imports: [] */ providers: [{ provide: 'imports: [', useValue: { imports: [] } }], imports: [A] })",
      "@Module({ /* imports: [] */ providers: [{ provide: 'imports: [', useValue: { imports: [] } }], imports: [SseModule.forRoot(), A] })",
    ],
  ])('adds to %s', (_name, module, expected) => {
    const rest = '\nexport class AppModule {}\n';
    expect(addToModule(`${IMPORT}\n${module}${rest}`, SSE)).toBe(
      `${IMPORT}${OWN}\n${expected}${rest}`,
    );
  });

  it('puts its import behind one of several lines', () => {
    const source =
      "import {\n  Module,\n} from '@nestjs/common';\n@Module({})\n";
    expect(addToModule(source, SSE)).toContain(
      `} from '@nestjs/common';\n${OWN}@Module(`,
    );
  });

  it('leaves a module that has it already', () => {
    const source = `${OWN}@Module({ imports: [SseModule.forRoot({ refusal: 'retry' })] })`;
    expect(addToModule(source, SSE)).toBe(source);
  });

  it('gives nothing for a source without a module', () => {
    expect(addToModule('export {};', SSE)).toBeUndefined();
  });
});
