import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Another program that has a file open, for as long as it likes. */
export type LateWriter = AsyncDisposable & {
  /** Appends to what it has open, wherever its name is by now, and waits until that is done. */
  readonly append: (text: string) => Promise<void>;
};

const PROGRAM = `
  const { openSync, writeSync } = require('node:fs');
  const fd = openSync(process.argv[1], 'a');
  process.stdin.on('data', (chunk) => { writeSync(fd, chunk); process.stdout.write('.'); });
  process.stdout.write('.');
`;

export async function openLateWriter(path: string): Promise<LateWriter> {
  const child: ChildProcess = spawn(process.execPath, ['-e', PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('it has pipes');
  await once(stdout, 'data');
  return {
    append: async (text) => {
      const done = once(stdout, 'data');
      stdin.write(text);
      await done;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'close');
      stdin.end();
      await ended;
    },
  };
}
