import { systemCodeOf } from '../../errors.ts';
import { type Swept, sweepFolder } from './sweep.ts';

/** What lies in the inbox. */
export type InboxContent = {
  readonly exists: boolean;
  readonly files: number;
  /** Counting stopped at its limit: there are more files than that. */
  readonly isMore: boolean;
  readonly bytes: number;
  /** When the file that has been there longest last changed, in milliseconds since 1970; null without files. */
  readonly oldestMs: number | null;
  /** Leftovers of a release that a crash cut short (the next start puts them back) or of a probe. */
  readonly stale: readonly string[];
};

const STALE = /(^|\/)\.pf-(release|probe)-[^/]*$/;
const MAX_STALE = 10;

/**
 * Counts what waits in the inbox, up to `limit` files: a look, not a walk of 300,000 files.
 *
 * @throws what the system says of the inbox itself, unless it only is not there
 */
export async function readInbox(inboxDir: string, limit: number, signal: AbortSignal): Promise<InboxContent> {
  const tally: Tally = { files: 0, bytes: 0, oldestMs: null, stale: [] };
  try {
    for await (const batch of sweepFolder(inboxDir, signal)) {
      for (const swept of batch) count(tally, swept);
      if (tally.files >= limit) return { ...tally, exists: true, isMore: true };
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    return { ...tally, exists: false, isMore: false };
  }
  return { ...tally, exists: true, isMore: false };
}

type Tally = { files: number; bytes: number; oldestMs: number | null; stale: string[] };

function count(tally: Tally, swept: Swept): void {
  if (swept.kind === 'ignored' && STALE.test(swept.path) && tally.stale.length < MAX_STALE)
    tally.stale.push(swept.path);
  if (swept.kind !== 'file' && swept.kind !== 'not-utf8') return;
  const { sizeBytes, ctimeNs } = swept.file.identity;
  const changedMs = Number(ctimeNs / 1_000_000n);
  tally.files += 1;
  tally.bytes += Number(sizeBytes);
  tally.oldestMs = tally.oldestMs === null ? changedMs : Math.min(tally.oldestMs, changedMs);
}
