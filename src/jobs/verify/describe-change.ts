import type { OriginalVerdict, SeenOriginal } from '../../core/integrity.ts';
import { again } from '../../ledger/again.ts';
import type { Database } from '../../ledger/connect.ts';
import { findInboxInodes, findPathsByHash } from '../../ledger/verification.ts';
import { type About, describeChanged, describeLateWrite } from './describe-finding.ts';

/**
 * Says what happened to an original that has other bytes now. One that was linked and whose size or time moved was
 * written to by a program that still had it open, or by way of its other name.
 */
export async function describeChange(
  db: Database,
  about: About,
  { verdict, seen }: { verdict: OriginalVerdict & { kind: 'changed' }; seen: SeenOriginal & { kind: 'file' } },
): Promise<string> {
  const hasMoved = verdict.moved.size || verdict.moved.time;
  if (!hasMoved || !(await again(() => findInboxInodes(db, about.id))).includes(seen.identity.inode))
    return describeChanged(about, verdict, seen.identity);
  const { sha256 } = seen;
  const kept = sha256 === null ? undefined : (await again(() => findPathsByHash(db, [sha256]))).get(sha256);
  return describeLateWrite(about, kept === undefined ? { kind: 'waits' } : { kind: 'kept', path: kept });
}
