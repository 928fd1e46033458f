import { fileURLToPath } from 'node:url';
import { ForkedProgram } from '../support/forked-program.js';
import { PLATFORMS, type PlatformName } from '../support/platforms.js';

const SERVER = fileURLToPath(new URL('log-memory-server.mjs', import.meta.url));

/** Memory of the process over `maxBytes`; measured: 0.9 to 1.06. */
const MAX_RATIO = 1.5;

interface Shape {
  readonly kind: 'latin' | 'cjk' | 'emoji';
  readonly characters: number;
  readonly topics: number;
  /** Whether a client reads along. */
  readonly live: boolean;
}

interface Ratios {
  readonly filled: number;
  /** After clients with an old cursor: through nothing, a filter and an operator. */
  readonly replayed: number;
  readonly error?: string;
}

const SHAPES: readonly Shape[] = [
  { kind: 'latin', characters: 20, topics: 1e9, live: true },
  { kind: 'cjk', characters: 20, topics: 100, live: false },
  { kind: 'emoji', characters: 400, topics: 1, live: true },
  { kind: 'latin', characters: 4_000, topics: 10, live: false },
  { kind: 'cjk', characters: 20_000, topics: 10, live: true },
];

/** The platforms take turns, except in full: a log knows nothing of them. */
const isFull = process.env['TEST_MATRIX'] === 'full';
const shapesOf = (platform: PlatformName): readonly Shape[] =>
  SHAPES.filter(
    (_, index) => isFull || index % 2 === PLATFORMS.indexOf(platform),
  );

describe.each(PLATFORMS)('the memory of a log on %s', (platform) => {
  it.each(shapesOf(platform))(
    'B7 is what it may be, whatever the text and whoever reads it: $characters $kind characters, $topics topics',
    async (shape) => {
      const { program } = await ForkedProgram.start(SERVER, platform);
      const { filled, replayed, error } = await program.ask<Ratios>(shape);

      expect(error).toBeUndefined();
      expect({ filled, isOver: filled > MAX_RATIO }).toMatchObject({
        isOver: false,
      });
      expect({ replayed, isOver: replayed > MAX_RATIO }).toMatchObject({
        isOver: false,
      });
      // Nor does it keep much less than it was told to.
      expect(filled).toBeGreaterThan(0.5);
    },
  );
});
