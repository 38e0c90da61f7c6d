import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import type { Config } from '../../config.ts';
import { countInWords } from '../../core/count-in-words.ts';
import { fileSystemKind } from '../../core/file-system-kind.ts';
import { bytesInWords } from '../../core/words.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { nearestFolder, quoteForShell } from '../../io/disk/library-folder.ts';
import { type Check, type Finding, fine, problem, warning } from './finding.ts';

type Place = { readonly name: string; readonly env: string; readonly path: string; readonly mustWrite: boolean };

function placesOf({ inboxDir, storageDir, dataDir, databaseUrl, ingestMode }: Config): readonly Place[] {
  const places = [
    { name: 'Inbox', env: 'PHOTOS_INBOX', path: inboxDir, mustWrite: ingestMode === 'move' },
    { name: 'Storage', env: 'STORAGE_DIR', path: storageDir, mustWrite: true },
  ];
  return databaseUrl === null ? [...places, { name: 'Data', env: 'DATA_DIR', path: dataDir, mustWrite: true }] : places;
}

export const foldersCheck: Check = {
  name: 'Folders',
  run: async ({ config, userId }) => Promise.all(placesOf(config).map((place) => examineFolder(place, userId))),
};

async function examineFolder({ name, env, path, mustWrite }: Place, userId: number | null): Promise<Finding> {
  try {
    const stats = await stat(path);
    if (!stats.isDirectory())
      return problem(`${name} ${path} is no folder`, `Move that file away, or set ${env} to another folder.`);
    await access(path, constants.R_OK | constants.X_OK | (mustWrite ? constants.W_OK : 0));
    return fine(`${name} ${path}`);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return examineMissing({ name, env, path, mustWrite }, userId);
    if (code === 'EROFS') return problem(`${name} ${path} is mounted read-only`, 'Mount it writable.');
    const owner = await ownerOf(path);
    return problem(
      `${name} ${path} cannot be used by user ${userId ?? '?'}: ${owner ?? reasonOf(error)}`,
      `sudo chown -R ${userId ?? '"$(id -un)"'} ${quoteForShell(path)}`,
    );
  }
}

async function examineMissing({ name, env, path }: Place, userId: number | null): Promise<Finding> {
  const parent = await nearestFolder(path);
  try {
    await access(parent, constants.W_OK | constants.X_OK);
    return fine(`${name} ${path} (made by the first start)`);
  } catch {
    return problem(
      `${name} ${path} does not exist, and user ${userId ?? '?'} may not make it in ${parent}`,
      `sudo install -d -o ${userId ?? '"$(id -un)"'} ${quoteForShell(path)}   # or set ${env}`,
    );
  }
}

async function ownerOf(path: string): Promise<string | null> {
  try {
    const { uid, mode } = await stat(path);
    return `it belongs to user ${uid}, mode ${(mode & 0o7777).toString(8)}`;
  } catch {
    return null; // a folder above it cannot be entered, which the first error says
  }
}

const LITTLE_BYTES = 5e9;
const NO_BYTES = 5e8;
const FEW_FILES = 10_000;

export const diskSpaceCheck: Check = {
  name: 'Disk space',
  run: async ({ config }) =>
    Promise.all(
      placesOf(config).map(async ({ name, path }) => {
        const { bavail, bsize, files, ffree } = await statfs(await nearestFolder(path));
        const free = bavail * bsize;
        const words = `${name}: ${bytesInWords(free)} free`;
        if (free < NO_BYTES) return problem(words, 'Make room: filing pauses when the disk is full. df -h');
        if (free < LITTLE_BYTES) return warning(words, 'Make room soon. df -h');
        // Some file systems make inodes as they need them and report none.
        if (files > 0 && ffree < FEW_FILES)
          return warning(`${name}: room for ${countInWords(ffree)} more files only`, 'Remove small files. df -i');
        return fine(words);
      }),
    ),
};

export const fileSystemCheck: Check = {
  name: 'File system',
  run: async ({ config }) => (await Promise.all(placesOf(config).map(examineFileSystem))).flat(),
};

async function examineFileSystem({ name, env, path }: Place): Promise<readonly Finding[]> {
  if (process.platform !== 'linux') return []; // the numbers are Linux's
  const kind = fileSystemKind((await statfs(await nearestFolder(path))).type >>> 0);
  if (kind === null) return [];
  const words = `${name} is on ${kind.name}`;
  if (kind.isVolatile)
    return [problem(`${words}, which forgets everything when the power goes`, `Set ${env} to a folder on a disk.`)];
  if (!kind.isNetwork) return [fine(words)];
  if (name === 'Data')
    return [
      problem(
        `${words}: a database on a network mount gets corrupted sooner or later`,
        'Set DATA_DIR to a folder on a local disk.',
      ),
    ];
  if (name === 'Inbox')
    return [
      warning(
        `${words}, which does not tell of new files: they are found by walking it`,
        'echo INBOX_POLLING=true >> .env',
      ),
    ];
  return [
    warning(
      `${words}: a write counts only once the other machine has it on its disk`,
      'Export it with sync (NFS), and keep a backup.',
    ),
  ];
}
