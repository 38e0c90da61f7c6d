import { lstat, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg, sha256 } from './ingest-rig.ts';

/** A folder of somebody else's photos that nobody has any business with, and that shows when somebody had. */
export type Canary = {
  readonly path: string;
  /** What was read, changed, added or removed since: relative paths, each with what is new about it. */
  readonly disturbed: () => Promise<readonly string[]>;
};

/** What `photo.jpg` holds. */
export const NOBODYS_PHOTO = jpeg('a photo that is nobody’s business');

/** So old that the kernel notes every reading, also on a mount with `relatime`. */
const LONG_AGO = new Date('2001-02-03T04:05:06Z');

/**
 * Makes the folder, with `photo.jpg`, `notes.txt` and `folder/inner.jpg` in it.
 *
 * @throws Error on a mount that does not note readings (`noatime`): the canary would be blind there
 */
export async function createCanary(path: string): Promise<Canary> {
  await mkdir(join(path, 'folder'), { recursive: true });
  await writeFile(join(path, 'photo.jpg'), NOBODYS_PHOTO);
  await writeFile(join(path, 'notes.txt'), 'hunter2');
  await writeFile(join(path, 'folder/inner.jpg'), jpeg('another'));
  const probe = `${path}.probe`;
  await writeFile(probe, 'x');
  await utimes(probe, LONG_AGO, LONG_AGO);
  await readFile(probe);
  if ((await lstat(probe)).atimeMs === LONG_AGO.getTime()) throw new Error(`${path} is on a mount with noatime`);

  const contents = await hashAll(path);
  const names = await namesIn(path);
  for (const name of names) await utimes(join(path, name), LONG_AGO, LONG_AGO);
  const before = await look(path, names);
  return {
    path,
    disturbed: async () => {
      // First of all, because reading leaves its mark.
      const after = await look(path, names);
      const changed = names.filter((name) => before.get(name) !== after.get(name));
      const added = (await namesIn(path)).filter((name) => !names.includes(name));
      const now = await hashAll(path);
      const rewritten = [...contents].filter(([name, hash]) => now.get(name) !== hash).map(([name]) => name);
      return [
        ...changed.map((name) => `${name}: ${before.get(name)} → ${after.get(name)}`),
        ...added.map((name) => `${name}: new`),
        ...rewritten.map((name) => `${name}: other content`),
      ];
    },
  };
}

/** Facts that neither reading nor writing leaves as they are, without reading anything. */
async function look(root: string, names: readonly string[]): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const name of names) {
    const stat = await lstat(join(root, name), { bigint: true }).catch(() => null);
    if (stat === null) continue;
    const { ino, mode, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
    seen.set(name, `inode ${ino} mode ${mode} links ${nlink} size ${size} times ${atimeNs} ${mtimeNs} ${ctimeNs}`);
  }
  return seen;
}

async function hashAll(root: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of await namesIn(root)) {
    const path = join(root, name);
    if ((await lstat(path)).isFile()) hashes.set(name, sha256(await readFile(path)));
  }
  return hashes;
}

/** Everything below, deepest first, and the folder itself last. */
async function namesIn(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  return [...names.sort().reverse(), '.'];
}
