import { createHash } from 'node:crypto';
import type { TableTotals } from '../../core/dump-format.ts';

const NEWLINE = 10;

/** Counts and hashes the rows of one table as they pass; each is one line. */
export function openTotals() {
  const hash = createHash('sha256');
  let rows = 0;
  return {
    add: (chunk: Buffer): Buffer => {
      hash.update(chunk);
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) rows++;
      return chunk;
    },
    close: (): TableTotals[string] => ({ rows, sha256: hash.digest('hex') }),
  };
}
