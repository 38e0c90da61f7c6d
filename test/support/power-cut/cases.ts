import { link, lstat, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg } from '../ingest-rig.ts';
import type { DiskCall } from '../interpose/disk.ts';
import { COMPANION_CASES } from './companion-cases.ts';
import type { Layout } from './layout.ts';
import type { PowerLibrary } from './library.ts';
import { drop, inbox, type PowerCase } from './power-case.ts';
import type { Recorder } from './recorder.ts';
import { RELOCATE_CASES } from './relocate-cases.ts';
import { UNDO_CASES } from './undo-cases.ts';

const DAY = '2024/2024-05-06';

/** Photos that are filed already. */
async function file(library: PowerLibrary, ...names: readonly string[]): Promise<void> {
  await inbox(...names)(library);
  await library.ingest();
}

function original({ originals }: Layout, name: string): string {
  return join(originals, DAY, name);
}

/** A photo is recorded, its inbox copy is still to go, and stands where a kill left it. */
async function leaveReleasePending(library: PowerLibrary, path: string, name = 'a.jpg'): Promise<void> {
  const { sql } = library.database;
  await file(library, name);
  await drop(library, name);
  const { dev, ino } = await lstat(join(library.layout.inbox, name));
  await sql`UPDATE inbox_arrivals SET release_pending = true, device = ${dev}, inode = ${ino}`;
  const [row] = await sql<{ id: string }[]>`SELECT id FROM inbox_arrivals`;
  if (path === 'private') await rename(join(library.layout.inbox, name), join(library.layout.leaving, row?.id ?? ''));
}

const SET_ASIDE = { DUPLICATES: 'set-aside' };

export const POWER_CASES: readonly PowerCase[] = [
  {
    name: 'the first start makes the library, then a photo comes',
    volumes: 'one',
    killedBefore: 'storage in secureMarker',
    run: async (library, { asPhone }) => {
      await library.ingest();
      await asPhone(() => library.putSynced(join(library.layout.inbox, 'a.jpg'), jpeg('a')));
      await library.ingest();
    },
  },
  {
    name: 'the first start on a volume without hard links',
    volumes: 'one, no links',
    run: async (library, { asPhone }) => {
      await library.ingest();
      await asPhone(() => library.putSynced(join(library.layout.inbox, 'a.jpg'), jpeg('a')));
      await library.ingest();
    },
  },
  { name: 'link, new day folder', volumes: 'one', prepare: inbox('a.jpg') },
  {
    name: 'link, three photos of a day that has a folder',
    volumes: 'one',
    prepare: async (library) => {
      await file(library, 'old.jpg');
      for (const name of ['a.jpg', 'DCIM/b.jpg', 'DCIM/c.jpg']) await drop(library, name);
    },
  },
  { name: 'link, duplicates are to be set aside', volumes: 'one', settings: SET_ASIDE, prepare: inbox('a.jpg') },
  { name: 'copy, duplicates are to be set aside', volumes: 'two', settings: SET_ASIDE, prepare: inbox('a.jpg') },
  { name: 'clone', volumes: 'one, clones', prepare: inbox('a.jpg') },
  { name: 'copy to another volume', volumes: 'two', prepare: inbox('a.jpg', 'b.jpg') },
  { name: 'copy to another volume without hard links', volumes: 'two, no links', prepare: inbox('a.jpg') },
  { name: 'copy on one volume without hard links', volumes: 'one, no links', prepare: inbox('a.jpg') },
  {
    name: 'copy mode',
    volumes: 'one',
    settings: { INGEST_MODE: 'copy' },
    prepare: inbox('a.jpg', 'b.jpg'),
  },
  { name: 'duplicates are to stay', volumes: 'one', settings: { DUPLICATES: 'keep' }, prepare: inbox('a.jpg') },
  {
    name: 'two photos of one name',
    volumes: 'one',
    prepare: async (library) => {
      await inbox()(library);
      await drop(library, '1/a.jpg', 'one');
      await drop(library, '2/a.jpg', 'two');
    },
  },
  ...duplicates('a duplicate is removed', {}),
  ...duplicates('a duplicate is set aside', SET_ASIDE),
  {
    name: 'two duplicates are set aside on a volume without hard links',
    volumes: 'one, no links',
    settings: SET_ASIDE,
    prepare: async (library) => {
      await file(library, 'a.jpg');
      await drop(library, '1/a.jpg', 'a.jpg');
      await drop(library, '2/a.jpg', 'a.jpg');
    },
  },
  ...(['one', 'two', 'one, no links', 'two, no links'] as const).map((volumes) => ({
    name: `a missing original is put back (${volumes})`,
    volumes,
    prepare: async (library: PowerLibrary) => {
      await file(library, 'a.jpg');
      await drop(library, 'again.jpg', 'a.jpg');
      await unlink(original(library.layout, 'a.jpg'));
    },
    ...(volumes === 'two, no links' ? { killedBefore: 'folder in renameOverPlaceholder' } : {}),
  })),
  {
    name: 'a duplicate of an original that a person just put back',
    volumes: 'one',
    prepare: async (library) => {
      await file(library, 'a.jpg');
      await rm(library.layout.originals, { recursive: true });
      await library.put(original(library.layout, 'a.jpg'), jpeg('a.jpg'));
      await drop(library, 'again.jpg', 'a.jpg');
    },
    unsynced: ({ originals }) => [originals],
  },
  {
    name: 'a person just put the photo below Originals, and it is in the inbox, too',
    volumes: 'one',
    prepare: async (library) => {
      await inbox('a.jpg')(library);
      await library.put(original(library.layout, 'a.jpg'), jpeg('a.jpg'));
    },
    unsynced: ({ originals }) => [originals],
  },
  {
    name: 'a person just put a photo below Originals, and has it adopted',
    volumes: 'one',
    prepare: inbox(),
    run: (library, { asPhone }) =>
      library.adopt(async () => {
        await asPhone(() => library.put(original(library.layout, 'a.jpg'), jpeg('a.jpg')));
      }),
  },
  {
    name: 'the original shares its inode with a duplicate that is to stay',
    volumes: 'one',
    settings: { DUPLICATES: 'keep' },
    prepare: async (library) => {
      await file(library, 'a.jpg');
      await link(original(library.layout, 'a.jpg'), join(library.layout.inbox, 'again.jpg'));
    },
    killedBefore: 'folder in separateOriginal',
  },
  {
    name: 'a person just put a duplicate where it is to be set aside',
    volumes: 'one',
    settings: SET_ASIDE,
    prepare: async (library) => {
      await file(library, 'a.jpg');
      await drop(library, 'DCIM/again.jpg', 'a.jpg');
      await library.put(join(library.layout.duplicates, 'DCIM/again.jpg'), jpeg('a.jpg'));
    },
    unsynced: ({ duplicates: folder }) => [folder],
  },
  {
    name: 'a release is pending, and a person just put the original back',
    volumes: 'one',
    prepare: async (library) => {
      await leaveReleasePending(library, 'private');
      await rm(library.layout.originals, { recursive: true });
      await library.put(original(library.layout, 'a.jpg'), jpeg('a.jpg'));
    },
    unsynced: ({ originals }) => [originals],
  },
  {
    name: 'a release is pending, and the original is damaged',
    volumes: 'one',
    prepare: async (library) => {
      await leaveReleasePending(library, 'private');
      await writeFile(original(library.layout, 'a.jpg'), 'damaged');
    },
  },
  {
    name: 'a release is pending, the original is damaged, and the inbox folder is gone',
    volumes: 'one',
    prepare: async (library) => {
      await leaveReleasePending(library, 'private', 'DCIM/a.jpg');
      await rm(join(library.layout.inbox, 'DCIM'), { recursive: true });
      await writeFile(original(library.layout, 'a.jpg'), 'damaged');
    },
    killedBefore: 'inbox in remakeInboxFolder',
  },
  ...(['one', 'two', 'one, no links'] as const).map((volumes) => ({
    name: `another photo takes the name before the release (${volumes})`,
    volumes,
    prepare: inbox('a.jpg'),
    meanwhile: stranger('a.jpg'),
    atomicRenames: true,
  })),
  {
    name: 'the same, when the private folder was removed and the original is elsewhere in the storage',
    volumes: 'one',
    prepare: async (library) => {
      const { storage, originals } = library.layout;
      await leaveReleasePending(library, 'inbox');
      await rm(join(storage, '.photo-factory'), { recursive: true });
      await rename(originals, join(storage, 'Former'));
      const { sql } = library.database;
      await sql`UPDATE media_assets SET final_path = replace(final_path, ${originals}, ${join(storage, 'Former')})`;
    },
    meanwhile: stranger('a.jpg'),
    atomicRenames: true,
  },
  ...COMPANION_CASES,
  ...UNDO_CASES,
  ...RELOCATE_CASES,
];

function duplicates(name: string, settings: Readonly<Record<string, string>>): readonly PowerCase[] {
  return (['one', 'two'] as const).map((volumes) => ({
    name: `${name} (${volumes})`,
    volumes,
    settings,
    prepare: async (library) => {
      await file(library, 'a.jpg');
      await drop(library, 'DCIM/again.jpg', 'a.jpg');
    },
  }));
}

/** A phone replaces the file, synced as Syncthing does it, at the worst moment: between a look and the rename. */
function stranger(name: string) {
  return (library: PowerLibrary) => {
    const { inbox: folder } = library.layout;
    let isDone = false;
    return async (call: DiskCall, { asPhone }: Recorder) => {
      if (isDone || call.name !== 'rename' || call.paths[0] !== join(folder, name)) return;
      isDone = true;
      await asPhone(async () => {
        await library.putSynced(join(folder, '.syncthing.a.jpg.tmp'), jpeg('stranger'));
        await rename(join(folder, '.syncthing.a.jpg.tmp'), join(folder, name));
        await library.syncFolder(folder);
      });
    };
  };
}
