import { join } from 'node:path';
import { exiftoolPath } from 'exiftool-vendored';
import { runTimed, type Timed } from './timed.ts';

/**
 * Moves every photo below a folder into `YYYY/YYYY-MM-DD`, as people do it with exiftool alone: nothing is hashed,
 * recorded or synced.
 *
 * @param tags where the date comes from, the best last
 */
export async function moveByDate(
  from: string,
  to: string,
  tags: readonly ('FileModifyDate' | 'CreateDate' | 'CreationDate' | 'DateTimeOriginal')[],
): Promise<Timed> {
  const moves = tags.map((tag) => `-Directory<${tag}`);
  // Its exit code is 1 as soon as one file has no date.
  return await runTimed([await exiftoolPath(), '-q', '-q', '-r', '-m', '-d', join(to, '%Y/%Y-%m-%d'), ...moves, from]);
}
