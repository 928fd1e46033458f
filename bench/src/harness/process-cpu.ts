import { readFileSync } from 'node:fs';

const CLOCK_TICKS_PER_SECOND = 100;

/** What a process that is none of ours has used so far, in milliseconds; on Linux only. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (
    ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND
  );
}
