import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Library, PROGRAM } from './ours.ts';

export type Daemon = AsyncDisposable & {
  readonly pid: number;
  /** From the command to the line that says that photos can come, in seconds. */
  readonly startSeconds: number;
};

const READY = 'Drop photos';

/**
 * Starts the daemon and waits until it is ready. Disposing stops it as a user does, with a signal.
 *
 * @param command what a user types; `npm start`, too
 */
export async function startDaemon(
  { env }: Pick<Library, 'env'>,
  command: readonly [string, ...string[]] = [PROGRAM, '--env-file', '/dev/null', 'start'],
): Promise<Daemon> {
  const [program, ...args] = command;
  const startedAtMs = performance.now();
  // In a group of its own, so that the signal reaches what npm starts as Ctrl-C would.
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  const closed = once(child, 'close');
  const kill = () => process.kill(-pid, 'SIGTERM');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  let output = '';
  const startSeconds = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-4000);
        if (output.includes(READY)) resolve((performance.now() - startedAtMs) / 1000);
      });
    }
    closed.then(() => reject(new Error(`the daemon ended:\n${output}`)), reject);
  });
  return {
    pid,
    startSeconds,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) kill();
      await closed;
    },
  };
}
