import type { OriginalVerdict, SeenOriginal } from '../../core/integrity.ts';
import type { Asking } from '../../ledger/connect.ts';
import { findInboxInodes, findPathsByHash } from '../../ledger/verification.ts';
import { type About, describeChanged, describeLateWrite } from './describe-finding.ts';

/**
 * Says what happened to an original that has other bytes now. One that was linked and whose size or time moved was
 * written to by a program that still had it open, or by way of its other name.
 */
export async function describeChange(
  { db, ask }: Asking,
  about: About,
  { verdict, seen }: { verdict: OriginalVerdict & { kind: 'changed' }; seen: SeenOriginal & { kind: 'file' } },
): Promise<string> {
  const hasMoved = verdict.moved.size || verdict.moved.time;
  if (!hasMoved || !(await ask(() => findInboxInodes(db, about.id))).includes(seen.identity.inode))
    return describeChanged(about, verdict, seen.identity);
  const { sha256 } = seen;
  const kept = sha256 === null ? undefined : (await ask(() => findPathsByHash(db, [sha256]))).get(sha256);
  return describeLateWrite(about, kept === undefined ? { kind: 'waits' } : { kind: 'kept', path: kept });
}
