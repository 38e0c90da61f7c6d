import type { Inode } from '../history.ts';

/** A file of ours that nobody ever wrote to. */
export function isPlaceholder({ madeBy, contents }: Inode): boolean {
  return madeBy === 'us' && contents.every(({ value }) => value.length === 0);
}
