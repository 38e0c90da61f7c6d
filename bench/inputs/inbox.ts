import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where each file of an inbox belongs, so that it can be put back after somebody moved it: the same bytes, still in memory. */
export type Places = ReadonlyMap<bigint, string>;

export async function rememberPlaces(inbox: string): Promise<Places> {
  const places = new Map<bigint, string>();
  for await (const { path, inode } of filesBelow(inbox)) places.set(inode, path);
  return places;
}

/**
 * Renames every file that was moved from the inbox back to its place.
 *
 * @throws when not all are back: the next round would be about something else
 */
export async function bringBack(places: Places, from: string): Promise<void> {
  const missing = new Map(places);
  for (const folder of new Set([...places.values()].map((path) => dirname(path))))
    await mkdir(folder, { recursive: true });
  for await (const { path, inode } of filesBelow(from)) {
    const place = places.get(inode);
    if (place === undefined) continue;
    await rename(path, place);
    missing.delete(inode);
  }
  if (missing.size > 0) throw new Error(`${missing.size} files did not come back, as ${[...missing.values()][0]}`);
}

/** Nobody pays for what another has written. */
export function writeThrough(folder: string): void {
  execFileSync('sync', ['-f', folder]);
}

export async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

async function* filesBelow(folder: string): AsyncGenerator<{ readonly path: string; readonly inode: bigint }> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { ino } = await lstat(path, { bigint: true });
    yield { path, inode: ino };
  }
}
