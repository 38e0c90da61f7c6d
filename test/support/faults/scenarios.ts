import { readFileSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
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
  readonly prepare?: (library: FaultLibrary) => Promise<void>;
  /** The photo has a row already, and no file. */
  readonly isMissing?: true;
  /** Photos that were there before. */
  readonly others?: readonly (readonly [string, { readonly content: Buffer; readonly day: string }])[];
};

const MTIME = '2024-05-06T07:08:09Z';
/** Where its EXIF says it belongs; its mtime says otherwise. */
export const DAY = '2019-04-16';
const FOLDER = `Originals/2019/${DAY}`;

/** Longer than what is read to know its type, so that reading its metadata is a read of its own. */
export const PHOTO = Buffer.concat([
  readFileSync(join(import.meta.dirname, '../../fixtures/photos/exif-gps.jpg')),
  Buffer.alloc(6000, 'today'),
]);
/** Of the same day and size. */
const ANOTHER = Buffer.concat([PHOTO.subarray(0, -1), Buffer.from('!')]);

export async function dropPhoto(library: FaultLibrary): Promise<void> {
  await library.drop('a.jpg', PHOTO, MTIME);
}

/** Ways on which a new photo gets its place. */
export const PLACINGS: readonly Scenario[] = [
  { name: 'linked', kind: {}, usual: 'stored' },
  { name: 'cloned', kind: {}, usual: 'stored', volume: 'clones' },
  { name: 'copied to another volume', kind: { elsewhere: true }, usual: 'stored' },
  { name: 'copied where there are no hard links', kind: { elsewhere: true }, usual: 'stored', volume: 'no links' },
  { name: 'copied in copy mode', kind: { settings: { INGEST_MODE: 'copy' } }, usual: 'stored' },
];

/** Ways on which a photo meets one that is there already. */
export const MEETINGS: readonly Scenario[] = [
  {
    name: 'named like another',
    kind: {},
    usual: 'stored',
    prepare: fileAnother,
    others: [['another', { content: ANOTHER, day: DAY }]],
  },
  { name: 'adopted after a crash', kind: {}, usual: 'stored', prepare: leaveAsACrashDid },
  { name: 'a duplicate to be removed', kind: {}, usual: 'duplicate', prepare: fileFirst },
  {
    name: 'a duplicate to be set aside',
    kind: { settings: { DUPLICATES: 'set-aside' } },
    usual: 'duplicate SET_ASIDE',
    prepare: fileFirst,
  },
  {
    name: 'put in place of its missing original',
    kind: {},
    usual: 'duplicate HEALED',
    isMissing: true,
    prepare: fileFirstAndLoseIt,
  },
];

async function fileAs(library: FaultLibrary, name: string, content: Buffer): Promise<void> {
  const path = await library.drop(name, content, MTIME);
  await (await library.open()).file(await lookAtFile(path));
}

async function fileAnother(library: FaultLibrary) {
  await fileAs(library, 'before/a.jpg', ANOTHER);
}

async function fileFirst(library: FaultLibrary) {
  await fileAs(library, 'first.jpg', PHOTO);
}

async function fileFirstAndLoseIt(library: FaultLibrary) {
  await fileAs(library, 'first.jpg', PHOTO);
  await rm(join(library.config.storageDir, FOLDER, 'first.jpg'));
}

async function leaveAsACrashDid(library: FaultLibrary) {
  const path = await library.drop('a.jpg', PHOTO, MTIME);
  await mkdir(join(library.config.storageDir, FOLDER), { recursive: true });
  await link(path, join(library.config.storageDir, FOLDER, 'a.jpg'));
}
