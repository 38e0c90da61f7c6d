import { lstat, realpath } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { countInWords } from '../core/count-in-words.ts';
import { decideLibraryMatch } from '../core/library-match.ts';
import { printable } from '../core/printable.ts';
import { plural } from '../core/words.ts';
import { EXIT, FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import { secureStorage } from '../io/disk/secure-storage.ts';
import { readMarker } from '../io/disk/storage-marker.ts';
import { againAtLength } from '../ledger/again.ts';
import type { Asking, Database } from '../ledger/connect.ts';
import { findLibraryId, findStorageDir, saveStorageDir } from '../ledger/library.ts';
import {
  countPhotosBelow,
  findPhotosBelow,
  guessStorageDir,
  type KnownFile,
  movePaths,
  samplePhotosBelow,
} from '../ledger/relocate.ts';
import type { Answer, Page } from './answer.ts';

type Relocate = {
  readonly config: Pick<Config, 'storageDir'>;
  readonly connection: Asking;
  /** Say what would happen, and change nothing. */
  readonly dryRun: boolean;
  /** Look for a sample of the files, not for all of them, and take it that they are on the disk. */
  readonly quick: boolean;
  /** Also when files are missing at the new place. */
  readonly force: boolean;
  readonly page: Page;
  readonly signal: AbortSignal;
};

/** A photo that is not where it should be. */
type Absence = { readonly path: string; readonly problem: string };

const BATCH = 500;
const SAMPLE = 1000;
/** Of absences so many are told; the rest is counted. */
const TOLD = 1000;
const SHOWN = 10;
/** An entry of the index on `final_path` holds 2,704 bytes; some of them are its own. */
const LONGEST_PATH_BYTES = 2600;
const UNIQUE_VIOLATION = '23505';
/** Whoever interrupts it while it changes the paths hears whether they were. */
const TO_THE_END = new AbortController().signal;

/**
 * Tells the ledger that the storage lies elsewhere now: looks for its files there, makes them last, then changes every path, all or
 * none. Needs the library to itself.
 *
 * Places are compared by name, because the ledger's paths are names: a storage that is reached by a link stays where it is
 * when the link leads elsewhere, and is another place when it is named by the folder that the link leads to.
 *
 * As JSON: `{ from, to, photos, elsewhere, checked, absent, absences: [{ path, problem }], dryRun, isMoved }`; the exit code
 * is 12 when files are missing and nothing was changed, 3 when it was `--force`d.
 *
 * @throws FactoryError STORAGE_MISMATCH, RELOCATE_REFUSED
 */
export async function relocate(asked: Relocate): Promise<Answer> {
  const { db, ask } = asked.connection;
  const to = asked.config.storageDir;
  await requireOwnMarker(asked.connection, to);
  const from = await ask(async () => (await findStorageDir(db)) ?? (await guessStorageDir(db)));
  if (from === null || from === to) {
    if (from === null && !asked.dryRun) await ask(() => saveStorageDir(db, to));
    const text = `Nothing to do: the ledger knows the storage at ${printable(to)}.`;
    return { exitCode: EXIT.ok, text, json: { ...nothing(asked), from, to } };
  }
  const { below, elsewhere, longestBytes } = await againAtLength(() => countPhotosBelow(db, from), asked.signal);
  const longest = longestBytes - Buffer.byteLength(from) + Buffer.byteLength(to);
  if (longest > LONGEST_PATH_BYTES) {
    const reason = `a path would be ${countInWords(longest)} bytes long, and the index holds ${countInWords(LONGEST_PATH_BYTES)}`;
    throw new FactoryError('RELOCATE_REFUSED', { reason });
  }
  const looked = await lookForFiles(asked, { from, to });
  const isMoved = !asked.dryRun && (looked.absent === 0 || asked.force);
  // Before rows say that it is there (I2): the former place may be emptied as soon as we are done.
  if (isMoved && !asked.quick) await secureStorage(to, asked.signal);
  if (isMoved) await move(db, { from, to });
  const report = { from, to, photos: below, elsewhere, ...looked, dryRun: asked.dryRun, isMoved };
  return { exitCode: exitCodeOf(report), text: await inWords(report, asked.page), json: report };
}

type Report = ReturnType<typeof nothing> & { readonly from: string; readonly to: string };

function nothing({ dryRun }: Relocate) {
  const absences: readonly Absence[] = [];
  return { photos: 0, elsewhere: 0, checked: 0, absent: 0, absences, dryRun, isMoved: false };
}

function exitCodeOf({ absent, isMoved }: Report): number {
  if (absent === 0) return EXIT.ok;
  return isMoved ? EXIT.findings : EXIT.storage;
}

async function requireOwnMarker({ db, ask }: Asking, storageDir: string): Promise<void> {
  const ledgerId = await ask(() => findLibraryId(db));
  const marker = await readMarker(storageDir);
  if (ledgerId === null) throw new FactoryError('RELOCATE_REFUSED', { reason: 'it is new, and knows of no storage' });
  const match = decideLibraryMatch({ ledgerId, ledgerIsEmpty: false, marker });
  if (match.kind === 'mismatch')
    throw new FactoryError('STORAGE_MISMATCH', { path: storageDir, reason: match.reason, advice: match.advice });
}

type Move = { readonly from: string; readonly to: string };
type Looked = Pick<Report, 'checked' | 'absent' | 'absences'>;

async function lookForFiles({ connection: { db, ask }, quick, signal }: Relocate, move: Move): Promise<Looked> {
  let checked = 0;
  let absent = 0;
  const absences: Absence[] = [];
  const look = async (files: readonly KnownFile[]) => {
    const found = (await Promise.all(files.map((file) => lookForFile(file, move)))).filter((each) => each !== null);
    checked += files.length;
    absent += found.length;
    absences.push(...found.slice(0, TOLD - absences.length));
  };
  if (quick) {
    await look(await againAtLength(() => samplePhotosBelow(db, move.from, SAMPLE), signal));
    return { checked, absent, absences };
  }
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const files = await ask(() => findPhotosBelow(db, move.from, { after, limit: BATCH }));
    const last = files.at(-1);
    if (last === undefined) return { checked, absent, absences };
    after = last.finalPath;
    await look(files);
  }
}

async function lookForFile({ finalPath, sizeBytes }: KnownFile, { from, to }: Move): Promise<Absence | null> {
  const path = to + finalPath.slice(from.length);
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) return { path, problem: 'is no file' };
    if (stat.size === sizeBytes) return null;
    return { path, problem: `has ${countInWords(stat.size)} bytes instead of ${countInWords(sizeBytes)}` };
  } catch (error) {
    return { path, problem: systemCodeOf(error) === 'ENOENT' ? 'is missing' : reasonOf(error) };
  }
}

async function move(db: Database, { from, to }: Move): Promise<void> {
  try {
    await againAtLength(() => movePaths(db, { from, to }), TO_THE_END);
  } catch (error) {
    if (systemCodeOf(error) !== UNIQUE_VIOLATION) throw error;
    const reason = `photos are recorded below ${to} already, under names that those below ${from} would get`;
    throw new FactoryError('RELOCATE_REFUSED', { reason }, error);
  }
}

async function inWords(
  { from, to, photos, elsewhere, checked, absent, absences, dryRun, isMoved }: Report,
  page: Page,
) {
  const [old, now] = [printable(from), printable(to)];
  const shown = absences
    .slice(0, SHOWN)
    .map(({ path, problem }) => `  ${page.paint('red', '✗')} ${printable(path)} ${problem}`);
  const more = absent - shown.length;
  const head = isMoved
    ? `${plural(photos, 'photo')}: the ledger knew them below ${old}, and knows them below ${now} now.`
    : `${plural(photos, 'photo')}: the ledger knows them below ${old}, and they would be below ${now}.`;
  return [
    head,
    `Looked for ${plural(checked, 'file')} there: ${absent === 0 ? 'all of them are there, with their sizes.' : `${countInWords(absent)} are not as they should be:`}`,
    ...shown,
    ...(more > 0 ? [`  … and ${plural(more, 'more')}`] : []),
    ...(elsewhere > 0 ? [`${plural(elsewhere, 'photo')} recorded elsewhere: left as they are.`] : []),
    ...advice({ absent, dryRun, isMoved }),
    ...(isMoved && (await isStillThere(from, to)) ? [`The old folder ${old} is still there and no longer used.`] : []),
  ].join('\n');
}

function advice({ absent, dryRun, isMoved }: Pick<Report, 'absent' | 'dryRun' | 'isMoved'>): readonly string[] {
  if (isMoved) return absent > 0 ? ['"photo-factory doctor" and a backup help with what is missing.'] : [];
  if (absent > 0)
    return [
      'Nothing was changed. Copy the missing files there first; --force goes on without them, and they stay recorded.',
    ];
  return dryRun ? ['Nothing was changed. To do it: photo-factory relocate'] : [];
}

/** Whether the old place is still a folder of its own, and not another name of the new one. */
async function isStillThere(from: string, to: string): Promise<boolean> {
  const [old, now] = await Promise.all([from, to].map((path) => realpath(path).catch(() => null)));
  return old !== null && old !== now && (await readMarker(from).catch(() => null)) !== null;
}
