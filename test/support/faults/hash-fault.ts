import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/** What can befall a thread that reads a file to hash it. */
export const HASH_FAULTS = ['EIO', 'ESTALE', 'short', 'nothing', 'flip', 'truncated', 'dies', 'hangs'] as const;

export type HashFault = (typeof HASH_FAULTS)[number];

/** Which file: the one in the inbox, an original, or a copy that is not finished yet. */
const FOLDERS = ['Photos_Inbox', 'Originals', 'incoming'] as const;

export type HashedFolder = (typeof FOLDERS)[number];

const KEY = 'photo-factory hash faults';
const FIELDS = { fault: 0, folder: 1, left: 2 } as const;
/** More often than any test reads. */
export const FOR_EVER = 1_000_000;

/** What main thread and hashing threads share; threads see it that start after this. */
export function openHashFaults() {
  const shared = new Int32Array(new SharedArrayBuffer(12));
  setEnvironmentData(KEY, shared);
  return {
    /** The next `times` reads of a file in `folder` meet the fault. */
    arm: (fault: HashFault, folder: HashedFolder, times: number) => {
      shared[FIELDS.fault] = HASH_FAULTS.indexOf(fault);
      shared[FIELDS.folder] = FOLDERS.indexOf(folder);
      Atomics.store(shared, FIELDS.left, times);
    },
    disarm: () => Atomics.store(shared, FIELDS.left, 0),
  };
}

/** In a hashing thread: which fault this read meets, if any. */
export function takeHashFault(path: string): HashFault | null {
  const shared = getEnvironmentData(KEY);
  if (!(shared instanceof Int32Array)) return null;
  const folder = FOLDERS[shared[FIELDS.folder] ?? 0] ?? '';
  if (Atomics.load(shared, FIELDS.left) <= 0 || !path.includes(`/${folder}/`)) return null;
  if (Atomics.sub(shared, FIELDS.left, 1) <= 0) return null;
  return HASH_FAULTS[shared[FIELDS.fault] ?? 0] ?? null;
}
