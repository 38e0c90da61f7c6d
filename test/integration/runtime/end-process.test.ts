import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTempFolder } from '../../support/temp-folder.ts';

const END_PROCESS = join(import.meta.dirname, '../../../src/runtime/end-process.ts');

/** Ends the script's process while it does this, with a pipe in hand that never gives anything. */
async function exitCodeWhile(doing: string): Promise<number | null> {
  await using temp = await createTempFolder();
  const pipe = join(temp.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const script = `
    import { openSync, constants, read } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { endProcess } from ${JSON.stringify(END_PROCESS)};
    const fd = openSync(${JSON.stringify(pipe)}, constants.O_RDWR);
    ${doing}
    await sleep(200);
    endProcess(7);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code;
}

test.each([
  ['nothing', ''],
  ['a call to the disk hangs', 'read(fd, Buffer.alloc(1), 0, 1, null, () => {});'],
  [
    'a thread hangs that was told to end',
    `const worker = new Worker('import { readSync } from "node:fs"; readSync(' + fd + ', Buffer.alloc(1))', { eval: true });
     await sleep(200);
     void worker.terminate();`,
  ],
])('a process ends with its exit code while %s', async (_, doing) => {
  expect(await exitCodeWhile(doing)).toBe(7);
});
