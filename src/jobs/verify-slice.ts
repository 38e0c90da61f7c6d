import type { Config } from '../config.ts';
import { openHasher } from '../io/disk/hasher.ts';
import { againAtLength } from '../ledger/again.ts';
import type { Asking } from '../ledger/connect.ts';
import { measureBacklog, measureVerified } from '../ledger/verification.ts';
import type { Log } from '../log.ts';
import { FILING_MS } from './verify/filing-time.ts';
import { verifyOriginals } from './verify.ts';

type VerifySlice = {
  readonly connection: Asking;
  readonly config: Pick<Config, 'storageDir' | 'verifyDays' | 'verifyMegabytesPerSecond'>;
  readonly requireStorage: () => Promise<void>;
  /** Resolves when it may go on; asked before every file. */
  readonly pass: () => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** What was verified in so many hours counts for today, so that a daemon that starts often does not read more. */
const TODAY_HOURS = 20;

/**
 * Verifies a day's part of the library: so much that everything is read once in VERIFY_DAYS.
 *
 * @returns what is worth a line in the log; every finding has one of its own
 * @throws as `verifyOriginals`
 */
export async function verifySlice({
  connection,
  config,
  requireStorage,
  pass,
  log,
  signal,
}: VerifySlice): Promise<Readonly<Record<string, number>>> {
  const { db } = connection;
  const { totalBytes } = await againAtLength(() => measureBacklog(db, 'infinity'), signal);
  const bytes =
    Math.ceil(totalBytes / config.verifyDays) - (await againAtLength(() => measureVerified(db, TODAY_HOURS), signal));
  if (bytes <= 0) return { checked: 0 };
  await using hasher = openHasher({ threads: 1, bytesPerSecond: config.verifyMegabytesPerSecond * 1e6 });
  const result = await verifyOriginals(
    {
      connection,
      storageDir: config.storageDir,
      hasher,
      concurrency: 2,
      filingMs: FILING_MS,
      requireStorage,
      pass,
      onFinding: ({ kind, path, message }) => log.error({ kind, path, message }, 'an original needs a look'),
      signal,
    },
    { isQuick: false, olderThanDays: 0, slice: { kind: 'bytes', bytes } },
  );
  const { checked, verified, missing, changed, unreadable, untracked, seconds } = result;
  return { checked, verified, missing, changed, unreadable, untracked, bytes: result.bytes, seconds };
}
