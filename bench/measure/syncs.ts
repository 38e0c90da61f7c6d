import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { isWithin } from '../../src/config.ts';
import { ingest, type Library } from '../contestants/ours.ts';

/** Sync calls a stored photo, by what was synced. */
export type SyncsPerPhoto = { readonly photos: number; readonly folders: number; readonly database: number };

/** @returns null where there is no strace */
export async function countSyncs(library: Library, traceFile: string): Promise<SyncsPerPhoto | null> {
  if (!hasStrace()) return null;
  const calls = 'trace=fsync,fdatasync,syncfs,sync,sync_file_range';
  const around = ['strace', '-f', '-qq', '--seccomp-bpf', '-y', '-e', calls, '-e', 'signal=none', '-o', traceFile];
  const { summary } = await ingest(library, { around });
  const counts = countByPlace(await readFile(traceFile, 'utf8'), library);
  return {
    photos: counts.photos / summary.stored,
    folders: counts.folders / summary.stored,
    database: counts.database / summary.stored,
  };
}

/**
 * Sorts the sync calls of a trace by what they are for: the database's files, photos, or the folders that names stand in.
 *
 * @param trace lines of `strace -f -y`; a call that another interrupts stands there twice, once with its descriptor
 */
export function countByPlace(trace: string, { root }: Pick<Library, 'root'>): SyncsPerPhoto {
  const counts = { photos: 0, folders: 0, database: 0 };
  for (const [, path = ''] of trace.matchAll(/\b(?:fsync|fdatasync|syncfs|sync_file_range)\(\d+<([^>]*)>/g)) {
    if (isWithin(`${root}/data`, path)) counts.database += 1;
    else if (/\.\w{2,4}$|\/incoming\/./.test(path)) counts.photos += 1;
    else counts.folders += 1;
  }
  return counts;
}

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
