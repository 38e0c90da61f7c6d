import { basename } from 'node:path';
import { decideMediaType, isMediaExtension, MEDIA_TYPE_HEAD_BYTES } from '../../core/media-type.ts';
import { FactoryError, inWords, reasonOf, systemCodeOf } from '../../errors.ts';
import { quoteForShell } from '../../io/disk/library-folder.ts';
import { readOriginal } from '../../io/disk/read-original.ts';
import { hashOf, isStillUntouched, openSourceFile, readHead, type SourceFile } from '../../io/disk/source-file.ts';
import type { StrayFinding } from '../../ledger/findings.ts';
import { findPathsByHash } from '../../ledger/verification.ts';
import { describeUnreadable } from './describe-finding.ts';
import type { VerifyTools } from './verify-tools.ts';

/**
 * Says what a file is that lies below Originals without a row, and what to do with it.
 *
 * @returns null when it is gone, or still being written: then it is nothing yet
 */
export async function describeStray(
  tools: VerifyTools,
  path: string,
  isQuick: boolean,
): Promise<StrayFinding | 'no photo' | null> {
  try {
    await using source = await openSourceFile(path);
    return source === null ? null : await describeOpen(tools, source, isQuick);
  } catch (error) {
    if (!(error instanceof FactoryError) || error.code !== 'READ_FAILED') throw error;
    const seen = { kind: 'unreadable', code: systemCodeOf(error), reason: reasonOf(error.cause ?? error) } as const;
    return { kind: 'unreadable', path, foundHash: null, foundBytes: null, message: describeUnreadable(path, seen) };
  }
}

async function describeOpen(
  tools: VerifyTools,
  source: SourceFile,
  isQuick: boolean,
): Promise<StrayFinding | 'no photo' | null> {
  const { path, identity } = source;
  const name = basename(path);
  const stray = { kind: 'untracked', path, foundHash: null, foundBytes: identity.sizeBytes } as const;
  const head = await readHead(source, MEDIA_TYPE_HEAD_BYTES);
  if (head === null) return null;
  const mediaType = decideMediaType(head, name);
  if (mediaType === null) {
    if (!isMediaExtension(name)) return 'no photo';
    return { ...stray, message: inWords(identity.sizeBytes === 0n ? 'FOUND_EMPTY' : 'FOUND_NO_MEDIA') };
  }
  const { db, ask } = tools.connection;
  const word = quoteForShell(path);
  if (isQuick) return { ...stray, message: inWords('FOUND_UNTRACKED', { word }) };
  const foundHash = await hashOf(tools.hasher, source, tools.signal);
  if (!(await isStillUntouched(source))) return null;
  tools.tally.bytes += Number(identity.sizeBytes);
  const other = (await ask(() => findPathsByHash(db, [foundHash]))).get(foundHash);
  if (other === undefined) return { ...stray, foundHash, message: inWords('FOUND_UNTRACKED', { word }) };
  const there = await readOriginal(tools.hasher, other, tools.signal);
  const isThere = there.kind === 'file' && there.sha256 === foundHash;
  const command = `mv -i ${word} ${quoteForShell(other)}`;
  return { ...stray, foundHash, message: inWords(isThere ? 'FOUND_SECOND_COPY' : 'FOUND_ASTRAY', { other, command }) };
}
