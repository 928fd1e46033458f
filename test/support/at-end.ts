/** How long one thing may take to close before the test that started it fails. */
const LIMIT_MS = 10_000;

interface Started {
  readonly what: string;
  readonly close: () => unknown;
}

let ofFile: Started[] = [];
let ofTest: Started[] | undefined;

/**
 * Has something closed that was just started, whether the test passes or not: after the test, or, if a `beforeAll`
 * or the file itself started it, after the last test of the file. Whatever listens, connects, runs as a process or
 * keeps a folder says so here, best in the helper that starts it. A test may still close it earlier: `close` must
 * bear to be called again. What was started last is closed first.
 */
export function atEnd(what: string, close: () => unknown): void {
  (ofTest ?? ofFile).push({ what, close });
}

export function beginTest(): void {
  ofTest = [];
}

export async function endTest(): Promise<void> {
  const started = ofTest ?? [];
  ofTest = undefined;
  await closeAll(started);
}

export async function endFile(): Promise<void> {
  const started = ofFile;
  ofFile = [];
  await closeAll(started);
}

/** Closes all of it, and fails only then if something could not be closed. */
async function closeAll(started: readonly Started[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { what, close } of started.toReversed()) {
    try {
      await withinLimit(what, close);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(failures, failures.map(String).join('\n'));
}

async function withinLimit(what: string, close: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not close in ${LIMIT_MS} ms.`)),
      LIMIT_MS,
    );
  });
  try {
    await Promise.race([close(), isOver]);
  } finally {
    clearTimeout(timer);
  }
}
