import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { type HashFault, takeHashFault } from './hash-fault.ts';

/** Loaded before everything else in every thread (`--import`); in hashing threads it stands before `readSync`. */
if (!isMainThread) {
  const fs: typeof import('node:fs') = createRequire(import.meta.url)('node:fs');
  const { readSync } = fs;

  const befall = (fault: HashFault, fd: number, args: [Buffer, number, number, number]): number => {
    const [buffer, offset, length, position] = args;
    switch (fault) {
      case 'EIO':
      case 'ESTALE':
        throw Object.assign(new Error(`${fault}: the disk says so, read`), { code: fault, syscall: 'read' });
      case 'short':
        return readSync(fd, buffer, offset, Math.min(length, 100), position);
      case 'nothing':
        return 0;
      case 'flip': {
        const got = readSync(fd, buffer, offset, length, position);
        if (got > 0) buffer[offset] = (buffer[offset] ?? 0) ^ 1;
        return got;
      }
      case 'truncated':
        fs.truncateSync(`/proc/self/fd/${fd}`, 100);
        return readSync(fd, buffer, offset, length, position);
      case 'dies':
        return process.exit(1); // of a thread: only that thread ends
      case 'hangs':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        return 0;
    }
  };
  fs.readSync = ((fd: number, ...args: [Buffer, number, number, number]) => {
    const fault = args.length === 4 ? takeHashFault(fs.readlinkSync(`/proc/self/fd/${fd}`)) : null;
    return fault === null ? Reflect.apply(readSync, fs, [fd, ...args]) : befall(fault, fd, args);
  }) as typeof readSync;
  syncBuiltinESMExports();
}
