import { readdirSync, readFileSync } from 'node:fs';

/** All processes below one, and itself, that are no part of PostgreSQL. Empty once it has ended. Linux only. */
export function ownProcessesOf(pid: number): number[] {
  if (/^postgres/.test(readOrNothing(`/proc/${pid}/comm`))) return [];
  return [pid, ...childrenOf(pid).flatMap(ownProcessesOf)];
}

/** A child belongs to the thread that started it. */
function childrenOf(pid: number): number[] {
  return threadsOf(pid)
    .flatMap((thread) => readOrNothing(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((text) => text !== '')
    .map(Number);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
}

/** Processes end whenever they like, also between two looks. */
export function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
