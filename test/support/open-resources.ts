import { ChildProcess } from 'node:child_process';
import net from 'node:net';
import { until } from './until.js';

/** Resources that keep a process alive and that a test can leave behind. */
const KINDS =
  /^(TCP|TLS|Pipe|UDP|Process|FSEvent|StatWatcher|HTTP2|Worker|Timeout|Immediate)/;

/** How many there are of each kind. */
export type OpenResources = ReadonlyMap<string, number>;

export function openResources(): OpenResources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (KINDS.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Waits until no more is open than was before; what is closed takes a turn or two to go. */
export async function untilNoMoreThan(before: OpenResources): Promise<void> {
  try {
    await until(() => moreThan(before).length === 0, '', 5_000);
  } catch {
    const [kinds, details] = [moreThan(before), describeHandles()];
    // Gone at last.
    if (kinds.length === 0) return;
    throw new Error(
      `Still open after the tests of this file: ${kinds.join(', ')}. Whatever starts it has to use atEnd(); ` +
        `open in this process: ${details.join(', ')}.`,
    );
  }
}

function moreThan(before: OpenResources): string[] {
  return [...openResources()]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} ${kind}`);
}

/** What Node knows of each handle. It has no public way to ask. */
function describeHandles(): string[] {
  const { _getActiveHandles: handles } = process as unknown as {
    _getActiveHandles?: () => unknown[];
  };
  return (handles?.call(process) ?? []).map((handle) => {
    if (handle instanceof net.Server)
      return `a server at ${JSON.stringify(handle.address())}`;
    if (handle instanceof net.Socket)
      return `a socket from port ${handle.localPort} to ${handle.remotePort}`;
    if (handle instanceof ChildProcess)
      return `process ${handle.pid} (${handle.spawnfile})`;
    return String((handle as object)?.constructor?.name);
  });
}
