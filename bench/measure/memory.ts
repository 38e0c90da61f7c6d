import { ownProcessesOf, readOrNothing } from './processes.ts';

export type MemoryWatch = {
  /** Ends the watch. @returns the most that was held at once, in MB */
  readonly end: () => number;
};

const LOOK_MS = 100;

/**
 * Watches how much memory a program and everything below it hold, less PostgreSQL: proportional set size, so that what
 * two processes share counts once.
 */
export function watchMemory(pid: number): MemoryWatch {
  let peakMb = memoryOf(pid);
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, memoryOf(pid));
  }, LOOK_MS);
  return {
    end: () => {
      clearInterval(timer);
      return peakMb;
    },
  };
}

/** In MB; 0 when it has ended. */
export function memoryOf(pid: number): number {
  return ownProcessesOf(pid)
    .map((each) => Number(/^Pss:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${each}/smaps_rollup`))?.[1] ?? 0) / 1000)
    .reduce((sum, mb) => sum + mb, 0);
}
