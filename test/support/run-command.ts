import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PROGRAM = join(import.meta.dirname, '../../bin/photo-factory');

export type CommandResult = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type RunningCommand = {
  readonly child: ChildProcess;
  /** Waits until standard output has this text; fails when the command ends without it. */
  readonly printed: (text: string) => Promise<void>;
  readonly ended: Promise<CommandResult>;
};

type Options = {
  readonly env?: Readonly<Record<string, string>>;
  readonly program?: string;
  /** In a process group of its own, so that whatever it leaves behind can be found. */
  readonly ownGroup?: boolean;
  /** `pipe`: the test writes to it. */
  readonly stdin?: 'ignore' | 'pipe';
};

/** Starts the real program, with no settings but those given. */
export function startCommand(
  args: readonly string[],
  { env = {}, program = PROGRAM, ownGroup = false, stdin = 'ignore' }: Options = {},
): RunningCommand {
  const { PATH = '' } = process.env;
  const child = spawn(program, ['--env-file', '/dev/null', ...args], {
    env: { PATH, HOME: '/nonexistent', TZ: 'Pacific/Auckland', ...env },
    stdio: [stdin, 'pipe', 'pipe'],
    detached: ownGroup,
  });
  if (child.stdout === null || child.stderr === null) throw new Error('it has no output');
  const { stdout } = child;
  const heard = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard.stderr += text;
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...heard }));
  const printed = async (text: string): Promise<void> => {
    while (!heard.stdout.includes(text)) {
      const result = await Promise.race([once(stdout, 'data').then(() => null), ended]);
      if (result !== null && !result.stdout.includes(text)) throw new Error(`it ended: ${JSON.stringify(result)}`);
    }
  };
  return { child, printed, ended };
}

/** Runs the real program to its end. */
export function runCommand(args: readonly string[], options: Options = {}): Promise<CommandResult> {
  return startCommand(args, options).ended;
}

/** A folder for a library of a test's own, with a space in its name. */
export async function makeLibraryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'pf-command-'));
  return {
    path: join(parent, 'my library'),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}
