import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copySyncHash } from '../contestants/floor.ts';
import { createLibrary } from '../contestants/ours.ts';
import { spreadOf } from '../figures/statistics.ts';
import { makePhotos } from '../inputs/make-photos.ts';
import type { Case } from './case.ts';
import { figuresOf, secondsOf, takeTurns } from './rounds.ts';

const FILES = 4000;
const QUICK_FILES = 1000;

/** The inbox on another volume, so that every photo is copied; beside copying, syncing and hashing without us. */
export const otherVolumeCase: Case = {
  name: 'other-volume',
  inQuick: false,
  run: async (tools) => {
    const { size, folder, otherVolume, say } = tools;
    if (otherVolume === null) {
      say('there is no other volume; name a folder on one with --other');
      return null;
    }
    const files = size.files ?? (size.isQuick ? QUICK_FILES : FILES);
    const inbox = join(otherVolume, 'Photos_Inbox');
    const library = createLibrary(join(folder, 'library'), { PHOTOS_INBOX: inbox });
    const refill = () => makePhotos(inbox, { count: files, kind: { from: 'camera', sizeBytes: 100_000 } });
    await refill();
    const copies = join(folder, 'copies');
    const floor = async () => {
      await rm(copies, { recursive: true, force: true });
      return await copySyncHash(inbox, copies);
    };
    const rounds = await takeTurns({ library, floor, refill, stored: files }, tools);
    const figures = figuresOf(rounds, { files, floorName: 'cp + sync + hashing', target: { atMost: 1.3 } });
    return {
      name: 'other-volume',
      what: `${files} photos of 0.1 MB copied from another volume`,
      floorSpread: spreadOf(secondsOf(rounds.floor)),
      figures: figures.map((figure) => ({ ...figure, isFullSize: files >= FILES })),
    };
  },
};
