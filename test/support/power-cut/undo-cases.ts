import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg } from '../ingest-rig.ts';
import type { PowerLibrary } from './library.ts';
import { drop, inbox, type PowerCase } from './power-case.ts';

const STORED = '2024/2024-05-06/a.jpg';

/** What was filed is taken back. A folder of the inbox was emptied by that and is gone. */
export const UNDO_CASES: readonly PowerCase[] = [
  ...(['one', 'two', 'one, clones', 'one, no links', 'two, no links'] as const).map((volumes) => ({
    ...undoOf(`undo of two photos (${volumes})`, volumes, async (library) => {
      await file(library, 'a.jpg', 'DCIM/b.jpg');
    }),
    ...(volumes === 'one' ? { killedBefore: 'folder in removeEmptyFolders' } : {}),
  })),
  ...(['one', 'two'] as const).map((volumes) =>
    undoOf(`undo of a photo and of a duplicate that was removed (${volumes})`, volumes, async (library) => {
      await inbox('a.jpg')(library);
      await drop(library, 'DCIM/again.jpg', 'a.jpg');
      await fileAll(library);
    }),
  ),
  {
    ...undoOf('undo of a duplicate that was set aside, whose photo stays', 'one', async (library) => {
      await file(library, 'a.jpg');
      await drop(library, 'DCIM/again.jpg', 'a.jpg');
      await fileAll(library);
    }),
    settings: { DUPLICATES: 'set-aside' },
  },
  {
    ...undoOf('undo of a photo whose original a person just put back', 'one', async (library) => {
      await file(library, 'a.jpg');
      await rm(library.layout.originals, { recursive: true });
      await library.put(join(library.layout.originals, STORED), jpeg('a.jpg'));
    }),
    unsynced: ({ originals }) => [originals],
  },
  undoOf('undo of a photo that a person just put back into the inbox', 'one', async (library) => {
    await file(library, 'DCIM/a.jpg');
    await drop(library, 'DCIM/a.jpg', 'DCIM/a.jpg');
  }),
];

function undoOf(
  name: string,
  volumes: PowerCase['volumes'],
  prepare: (library: PowerLibrary) => Promise<void>,
): PowerCase {
  return { name, volumes, prepare, run: (library) => library.undo(), undoes: true };
}

async function file(library: PowerLibrary, ...names: readonly string[]): Promise<void> {
  await inbox(...names)(library);
  await fileAll(library);
}

async function fileAll(library: PowerLibrary): Promise<void> {
  await library.ingest();
  await rm(join(library.layout.inbox, 'DCIM'), { recursive: true, force: true });
}
