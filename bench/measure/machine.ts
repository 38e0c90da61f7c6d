import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

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

/** More is running than there are cores, and it is not us. */
export function isBusy({ load, cores }: MachineState): boolean {
  return load > cores;
}
