import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Machine } from './core/setting.ts';

/** What settings may know of the machine that this runs on. */
export function readMachine(): Machine {
  return {
    homeDir: readHomeDir(),
    workingDir: process.cwd(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    stderrIsTerminal: process.stderr.isTTY === true,
  };
}

/** Null for an account without one, as containers have them. */
function readHomeDir(): string | null {
  try {
    return isAbsolute(homedir()) ? homedir() : null;
  } catch {
    return null; // Node says so when neither HOME nor the account's entry names one
  }
}
