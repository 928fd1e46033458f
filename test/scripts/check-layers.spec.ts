import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs the layer check over a throw-away source folder and gives what it complains about. */
function complaintsAbout(files: Record<string, string>): string {
  const src = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(src, path)), { recursive: true });
      writeFileSync(join(src, path), text);
    }
    const check = ['scripts/check-layers.mjs', src];
    const { status, stderr } = spawnSync(process.execPath, check);
    expect(status).toBe(stderr.length === 0 ? 0 : 1);
    return stderr.toString();
  } finally {
    rmSync(src, { recursive: true });
  }
}

describe('the layer check', () => {
  it('accepts imports to the left, within a layer and of packages', () => {
    expect(
      complaintsAbout({
        'bus/service.ts': `
          import { Injectable } from '@nestjs/common';
          import { Event } from '../event/event.js';
          import { Log } from '../log/log.js';
          import { Topic } from './topic.js';`,
        'log/redis/redis-log.ts': `import { Log } from '../log.js';`,
        'sse.module.ts': `import { Guard } from './auth/guard.js';`,
        'index.ts': `export * from './sse.module.js';`,
      }),
    ).toBe('');
  });

  it('reports every form of import to the right', () => {
    const forms = {
      plain: `import { Bus } from '../bus/bus.js';`,
      'type-only': `import type { Bus } from '../bus/bus.js';`,
      're-export': `export { Bus } from '../bus/bus.js';`,
      'type-only-re-export': `export type * from '../bus/bus.js';`,
      dynamic: `const bus = await import('../bus/bus.js');`,
      'import-type': `let bus: import('../bus/bus.js').Bus;`,
    };
    const complaints = complaintsAbout(
      Object.fromEntries(
        Object.entries(forms).map(([form, text]) => [`event/${form}.ts`, text]),
      ),
    );
    for (const form of Object.keys(forms)) {
      expect(complaints).toContain(
        `/event/${form}.ts: event must not import ../bus/bus.js (bus)`,
      );
    }
  });

  it('reports imports of the root, between neighbours and in unknown folders', () => {
    const complaints = complaintsAbout({
      'auth/module.ts': `import '../sse.module.js';`,
      'auth/package.ts': `import 'nestjs-event-stream';`,
      'auth/neighbour.ts': `import '../observability/metrics.js';`,
      'auth/outside.ts': `import '../../test/support/app.js';`,
      'helpers/any.ts': '',
    });
    expect(complaints).toContain('auth must not import ../sse.module.js');
    expect(complaints).toContain('auth must not import nestjs-event-stream');
    expect(complaints).toContain('auth must not import ../observability');
    expect(complaints).toContain('auth must not import ../../test');
    expect(complaints).toContain('folder "helpers" is no layer');
  });

  it('says where a new folder can stand', () => {
    expect(
      complaintsAbout({
        'history/history.ts': `import type { Log } from '../log/log.js';`,
        'log/log.ts': '',
        'route/route.ts': `import { History } from '../history/history.js';`,
      }),
    ).toContain(
      'folder "history" is no layer: add it to the steps in scripts/check-layers.mjs and to CONTRIBUTING.md, ' +
        'to the right of log, to the left of route',
    );
  });

  it('reports circles that type-only imports close', () => {
    expect(
      complaintsAbout({
        'bus/tail.ts': `import type { Stream } from './stream.js';`,
        'bus/stream.ts': `import type { Index } from './fan-out/index.js';`,
        'bus/fan-out/index.ts': `import { Tail } from '../tail.js';`,
        'bus/beside.ts': `import { Tail } from './tail.js';`,
      }),
    ).toBe(
      'a circle of imports, type-only ones counted: bus/fan-out/index.ts, bus/stream.ts, bus/tail.ts\n',
    );
  });
});
