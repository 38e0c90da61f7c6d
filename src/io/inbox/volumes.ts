import { statfs } from 'node:fs/promises';
import { fileSystemKind } from '../../core/file-system-kind.ts';
import type { InboxFile } from '../../core/inbox-file.ts';

/** What the file system that holds a file is good for. What is not known of it is taken for no. */
export type Volume = {
  /** ctime can be compared with this machine's clock: one look tells how long a file was left alone. */
  readonly hasRealCtime: boolean;
  /** Inode and ctime stay what they are when it is mounted anew, and nobody can set them. */
  readonly keepsIdentity: boolean;
};

/** The volumes below the inbox: a card or another disk may be mounted in it. */
export type Volumes = {
  /** Finds out about the volumes of these files, as far as they are not known yet. */
  readonly learn: (files: Iterable<InboxFile>) => Promise<void>;
  readonly of: (file: InboxFile) => Volume;
  /** A device number may stand for another volume by now. */
  readonly forget: () => void;
};

const UNKNOWN: Volume = { hasRealCtime: false, keepsIdentity: false };

export function openVolumes(): Volumes {
  const known = new Map<bigint, Volume>();
  return {
    learn: async (files) => {
      for (const { path, identity } of files) {
        if (known.has(identity.device)) continue;
        const volume = await readVolume(path);
        if (volume !== null) known.set(identity.device, volume);
      }
    },
    of: ({ identity }) => known.get(identity.device) ?? UNKNOWN,
    forget: () => known.clear(),
  };
}

/** @returns null when the file vanished, or the system does not tell */
async function readVolume(path: string): Promise<Volume | null> {
  if (process.platform !== 'linux') return UNKNOWN;
  const found = await statfs(path).catch(() => null);
  return found === null ? null : (fileSystemKind(found.type >>> 0) ?? UNKNOWN);
}
