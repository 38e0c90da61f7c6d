import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PowerLibrary } from './library.ts';
import { drop, inbox, type PowerCase } from './power-case.ts';

/** A person copied the storage to another place and synced nothing, and tells the ledger. The former place is still there. */
export const RELOCATE_CASES: readonly PowerCase[] = [
  {
    name: 'relocate, after a person copied photos and a duplicate that was set aside',
    volumes: 'one',
    settings: { DUPLICATES: 'set-aside' },
    prepare: async (library) => {
      await inbox('a.jpg', 'DCIM/b.jpg')(library);
      await library.ingest();
      await drop(library, 'DCIM/again.jpg', 'a.jpg');
      await library.ingest();
      const former = formerStorage(library);
      await mkdir(dirname(former));
      await rename(library.layout.storage, former);
      await library.relocate(former);
      await copyStorage(library);
    },
    unsynced: ({ storage }) => [storage],
    run: async (library) => {
      await library.relocate();
      await library.ingest();
    },
    relocates: true,
  },
];

export function formerStorage({ root }: Pick<PowerLibrary, 'root'>): string {
  return join(root, 'former disk/Storage');
}

/** Copies all of the former storage to where it is to be, over nothing. */
export async function copyStorage(library: Pick<PowerLibrary, 'root' | 'layout'>): Promise<void> {
  const { storage } = library.layout;
  await rm(storage, { recursive: true, force: true });
  await cp(formerStorage(library), storage, { recursive: true, preserveTimestamps: true });
}
