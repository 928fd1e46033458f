import { jest } from '@jest/globals';
import { History } from './history.js';

jest.setTimeout(180_000);

/** `MODEL_SEED=17` plays one history again. */
const only = process.env['MODEL_SEED'];
const count = process.env['TEST_MATRIX'] === 'full' ? 300 : 30;
const seeds =
  only === undefined
    ? Array.from({ length: count }, (_, index) => index + 1)
    : [Number(only)];

describe('random histories', () => {
  it.each(seeds)(
    'R1 R2 R3 R5 R6 R7 W5 S2 hold for every client: seed %i',
    async (seed) => {
      await new History(seed).play();
    },
  );
});
