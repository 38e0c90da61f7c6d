import { spawn } from 'node:child_process';

export type Ran = { readonly output: Buffer; readonly complaint: string };

/** More than any picture of ours; a program that writes more is stopped. */
const MOST_BYTES = 256 * 1024 * 1024;
const COMPLAINT_BYTES = 2000;

/**
 * Runs a program on an open file, which it finds as its file 3, and collects what it writes.
 *
 * @throws the system's error when it does not start (ENOENT: it is not there), RangeError when it writes without end
 */
export function runProgram(program: string, args: readonly string[], fd: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe', fd],
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let complaint = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) {
        child.kill('SIGKILL');
        reject(new RangeError('it gives more than 256 MB'));
      } else chunks.push(chunk);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, COMPLAINT_BYTES);
    });
    child.once('error', reject);
    child.once('close', () => resolve({ output: Buffer.concat(chunks), complaint: complaint.trim() }));
  });
}

/** How a program finds its file 3 by a name: never the file's own, which is hostile. */
export const FILE_3 = '/dev/fd/3';
