import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ResumeBy } from './client.js';

export interface CompareContestant {
  readonly name: string;
  readonly version: string;
  /** The file in `servers/`. */
  readonly file: string;
  readonly resumeBy: ResumeBy;
  /** Whether both nodes publish, or only the one whose process produces the stream. */
  readonly publishers: 1 | 2;
  /** Where it does not run as it is by itself. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const { resolve } = createRequire(import.meta.url);

export const contestants: readonly CompareContestant[] = [
  {
    name: 'nestjs-event-stream',
    version: versionOf('nestjs-event-stream/package.json'),
    file: 'compare-event-stream',
    resumeBy: 'id',
    publishers: 2,
  },
  {
    name: '@orpc/experimental-publisher',
    version: versionBeside('@orpc/experimental-publisher/ioredis'),
    file: 'compare-orpc',
    resumeBy: 'id',
    publishers: 2,
  },
  {
    name: '@orpc/experimental-publisher (maxBufferedEvents 100,000)',
    version: versionBeside('@orpc/experimental-publisher/ioredis'),
    file: 'compare-orpc',
    resumeBy: 'id',
    publishers: 2,
    options: { maxBufferedEvents: 100_000 },
  },
  {
    name: 'resumable-stream',
    version: versionBeside('resumable-stream/ioredis'),
    file: 'compare-resumable-stream',
    resumeBy: 'characters',
    publishers: 1,
  },
];

function versionOf(specifier: string): string {
  return versionIn(resolve(specifier));
}

/** For packages that do not export their package.json. */
function versionBeside(specifier: string): string {
  const folder = resolve(specifier).replace(/\/dist\/.*/, '');
  return versionIn(`${folder}/package.json`);
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string })
    .version;
}
