import { randomUUID } from 'node:crypto';
import { link, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MARKER_NAME } from '../../core/library-match.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { type Check, type Finding, fine, problem, warning } from './finding.ts';

/** A name that the inbox walk never touches, and nobody else has. */
const probeName = (): string => `.pf-probe-${randomUUID()}`;

/**
 * Tries what filing a photo does: write, sync, link.
 *
 * The probe is made in the storage, so that nothing is ever written in the inbox: to learn whether the two can be linked
 * it gets a second name there, for a moment. Linking an inbox file the other way would move that file's ctime.
 */
export const linkingCheck: Check = {
  name: 'Linking',
  run: async ({ config }) => {
    const { storageDir, inboxDir } = config;
    if (!(await isFolder(storageDir))) return [];
    const probe = join(storageDir, probeName());
    try {
      const findings = [await trySyncing(probe)];
      findings.push(await tryLink(probe, join(storageDir, probeName()), inStorage));
      if (config.ingestMode === 'move' && (await isFolder(inboxDir)))
        findings.push(await tryLink(probe, join(inboxDir, probeName()), toInbox));
      return findings;
    } catch (error) {
      return [problem(`the storage cannot be written: ${reasonOf(error)}`, 'See "Folders" and "Disk space".')];
    } finally {
      await rm(probe, { force: true });
    }
  },
};

async function trySyncing(probe: string): Promise<Finding> {
  await using file = await open(probe, 'wx', 0o600);
  await file.writeFile(MARKER_NAME);
  try {
    await file.sync();
    return fine('the storage confirms that a file is on the disk (fsync)');
  } catch (error) {
    return problem(
      `the storage does not confirm writes: ${reasonOf(error)}. A power cut may lose photos`,
      'Use a file system that can (ext4, XFS, btrfs, ZFS).',
    );
  }
}

type Words = { readonly works: string; readonly fails: (code: string | null, error: unknown) => Finding };

const inStorage: Words = {
  works: 'the storage has hard links: a name is never overwritten, and never half-written',
  fails: (_, error) =>
    warning(
      `the storage has no hard links (${reasonOf(error)}): every photo is copied, and twice the room is needed meanwhile`,
      'It works; ext4, XFS, btrfs or ZFS would be faster.',
    ),
};

const toInbox: Words = {
  works: 'inbox and storage are one mount: filing a photo copies nothing',
  fails: (code, error) =>
    warning(
      code === 'EXDEV'
        ? 'inbox and storage are two mounts: every photo is copied and compared, which takes its time and double the room'
        : `inbox and storage cannot be linked (${reasonOf(error)}): every photo is copied and compared`,
      'Put PHOTOS_INBOX and STORAGE_DIR on one disk (in a container: below one volume), or live with it.',
    ),
};

async function tryLink(from: string, to: string, words: Words): Promise<Finding> {
  try {
    await link(from, to);
    return fine(words.works);
  } catch (error) {
    return words.fails(systemCodeOf(error), error);
  } finally {
    await rm(to, { force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // "Folders" tells
  }
}
