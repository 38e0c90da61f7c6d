import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg } from '../ingest-rig.ts';
import type { FaultLibrary, LibraryKind } from './fault-bench.ts';

/** One way that a photo can take through ingest. */
export type Scenario = {
  readonly name: string;
  readonly kind: LibraryKind;
  /** What becomes of `a.jpg` when nothing is wrong. */
  readonly usual: string;
  /** Its storage knows no hard links; its volume can clone. */
  readonly volume?: 'no links' | 'clones';
  /** What was there before the photo came. */
  readonly prepare?: (library: FaultLibrary, photo: Buffer) => Promise<void>;
  /** Photos that were there before. */
  readonly others?: readonly (readonly [string, Buffer])[];
};

export const MTIME = '2024-05-06T07:08:09Z';
const DAY = 'Originals/2024/2024-05-06';

/** Of the same size as the photo. */
const ANOTHER = jpeg('another photo.');

export const SCENARIOS: readonly Scenario[] = [
  { name: 'linked', kind: {}, usual: 'stored' },
  { name: 'cloned', kind: {}, usual: 'stored', volume: 'clones' },
  { name: 'copied to another volume', kind: { elsewhere: true }, usual: 'stored' },
  { name: 'copied without hard links', kind: { elsewhere: true }, usual: 'stored', volume: 'no links' },
  { name: 'copy mode', kind: { settings: { INGEST_MODE: 'copy' } }, usual: 'stored' },
  { name: 'name taken', kind: {}, usual: 'stored', prepare: fileAnother, others: [['another', ANOTHER]] },
  { name: 'adopted', kind: {}, usual: 'stored', prepare: leaveAsACrashDid },
  { name: 'duplicate removed', kind: {}, usual: 'duplicate', prepare: fileFirst },
  {
    name: 'duplicate set aside',
    kind: { settings: { DUPLICATES: 'set-aside' } },
    usual: 'duplicate SET_ASIDE',
    prepare: fileFirst,
  },
  { name: 'healed', kind: {}, usual: 'duplicate HEALED', prepare: fileFirstAndLoseIt },
];

async function fileAs(library: FaultLibrary, name: string, content: Buffer): Promise<void> {
  const path = await library.drop(name, content, MTIME);
  await (await library.open()).file(path);
}

async function fileAnother(library: FaultLibrary) {
  await fileAs(library, 'before/a.jpg', ANOTHER);
}

async function fileFirst(library: FaultLibrary, photo: Buffer) {
  await fileAs(library, 'first.jpg', photo);
}

async function fileFirstAndLoseIt(library: FaultLibrary, photo: Buffer) {
  await fileAs(library, 'first.jpg', photo);
  await rm(join(library.config.storageDir, DAY, 'first.jpg'));
}

async function leaveAsACrashDid(library: FaultLibrary, photo: Buffer) {
  const path = await library.drop('a.jpg', photo, MTIME);
  await mkdir(join(library.config.storageDir, DAY), { recursive: true });
  await link(path, join(library.config.storageDir, DAY, 'a.jpg'));
}
