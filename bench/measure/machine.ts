import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { cpuSecondsOfChildren, TICKS_PER_SECOND } from '../contestants/timed.ts';
import { readOrNothing } from './processes.ts';

/** Where and under what load something was measured. */
export type MachineState = {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGigabytes: number;
  readonly node: string;
  /** Of the last minute. */
  readonly load: number;
};

export function lookAtMachine(): MachineState {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** @returns what ends the watch and says how many cores other programs kept busy meanwhile; null where there is no /proc */
export function watchOthers(): () => number | null {
  const startedAtMs = performance.now();
  const before = { all: busySeconds(), ours: ownSeconds() };
  return () => {
    const others = busySeconds() - before.all - (ownSeconds() - before.ours);
    const cores = Math.max(0, others) / ((performance.now() - startedAtMs) / 1000);
    return Number.isNaN(cores) ? null : cores;
  };
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + cpuSecondsOfChildren();
}

/** What all processes together have used since the machine started (proc(5): all but idle and iowait). */
function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] =
    /^cpu +(.*)$/m.exec(readOrNothing('/proc/stat'))?.[1]?.split(' ').map(Number) ?? [];
  return (
    [user, nice, system, irq, softirq].reduce((sum: number, ticks = Number.NaN) => sum + ticks, 0) / TICKS_PER_SECOND
  );
}
