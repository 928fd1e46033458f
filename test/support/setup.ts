// Runs before each test file. Its hooks are the first `beforeEach` and the last `afterEach` around the file's own.
import { beginTest, endFile, endTest } from './at-end.js';
import {
  openResources,
  untilNoMoreThan,
  type OpenResources,
} from './open-resources.js';

/** Each thing that is closed has a limit of its own. */
const LIMIT_MS = 60_000;

let before: OpenResources;

beforeAll(() => {
  before = openResources();
});

beforeEach(beginTest);

afterEach(endTest, LIMIT_MS);

afterAll(async () => {
  await endFile();
  await untilNoMoreThan(before);
}, LIMIT_MS);
