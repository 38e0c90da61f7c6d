import type { Machine } from '../../src/core/setting.ts';

/** A machine that is nobody's: tests must not lean on the one they run on. */
export const MACHINE: Machine = {
  homeDir: '/home/ada',
  workingDir: '/work/here',
  timeZone: 'Europe/Berlin',
  stderrIsTerminal: false,
};
