import { setTimeout as sleep } from 'node:timers/promises';
import type { InboxFile } from '../../core/inbox-file.ts';

/** A photo is placed first and recorded next, which takes milliseconds. */
export const FILING_MS = 5000;

/**
 * Waits until each of these files is old enough to have been recorded, if a librarian placed it: placing moves its ctime.
 * A ctime that lies in the future (another machine's clock) is waited for just as long.
 *
 * @throws the signal's reason
 */
export async function waitUntilFiled(
  files: readonly InboxFile[],
  filingMs: number,
  signal: AbortSignal,
): Promise<void> {
  const ages = files.map(({ identity }) => Date.now() - Number(identity.ctimeNs / 1_000_000n));
  const youngest = Math.max(0, Math.min(...ages, filingMs));
  if (files.length > 0 && youngest < FILING_MS)
    await sleep(FILING_MS - youngest, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}
