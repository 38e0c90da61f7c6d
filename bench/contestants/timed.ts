import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Timed = {
  readonly seconds: number;
  /** User and system time of the process and of all below it that it waited for; steadier than seconds on a busy machine. */
  readonly cpuSeconds: number;
  readonly stdout: string;
  readonly exitCode: number | null;
  /** The end of what it said, when it did not end well. */
  readonly lastWords: string;
};

type Options = {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Told the process's number as soon as it has one. */
  readonly onStart?: (pid: number) => void;
};

/**
 * Runs a program to its end and takes the time.
 *
 * @throws when it cannot be started; its exit code is the caller's to judge
 */
export async function runTimed(command: readonly [string, ...string[]], options: Options = {}): Promise<Timed> {
  const [program, ...args] = command;
  const cpuBefore = cpuSecondsOfChildren();
  const startedAtMs = performance.now();
  // A log that is written costs what it costs a user; reading it would cost this process what it costs nobody.
  const log = join(tmpdir(), `photo-factory-bench-${randomUUID()}.log`);
  const logFile = openSync(log, 'wx');
  const child = spawn(program, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', logFile] });
  closeSync(logFile);
  const { stdin, stdout: output } = child;
  if (stdin === null || output === null) throw new Error(`${program} could not be started`);
  let stdout = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  stdin.on('error', () => undefined); // it may end before it has read everything
  stdin.end(options.input ?? '');
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const [exitCode] = await once(child, 'close');
  const seconds = (performance.now() - startedAtMs) / 1000;
  const cpuSeconds = cpuSecondsOfChildren() - cpuBefore;
  const lastWords = exitCode === 0 ? '' : `${stdout}${readFileSync(log, 'utf8')}`.slice(-2000);
  rmSync(log);
  return { seconds, cpuSeconds, stdout, exitCode, lastWords };
}

/** The same, insisting that it ends well. */
export async function mustRun(command: readonly [string, ...string[]], options: Options = {}): Promise<Timed> {
  const timed = await runTimed(command, options);
  if (timed.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${timed.exitCode}:\n${timed.lastWords}`);
  return timed;
}

export const TICKS_PER_SECOND = 100;

/** What the ended children of this process have used so far (proc(5): cutime and cstime). NaN where there is no /proc. */
export function cpuSecondsOfChildren(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}
