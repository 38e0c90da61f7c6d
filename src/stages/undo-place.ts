import { dirname, join } from 'node:path';
import type { FileIdentity } from '../core/inbox-file.ts';
import { isVolumeAway } from '../core/outage.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import { isTakenOnDisk } from '../io/disk/folders.ts';
import { requireInboxFolder } from '../io/disk/inbox-folders.ts';
import { draftFor, findInPlace, putBack, removeDraft } from '../io/disk/put-back.ts';
import { hashOf, openSourceFile, type SourceFile } from '../io/disk/source-file.ts';
import { type Due, type Refused, refuse, refuseWith, type UndoRules, type UndoTools } from './undo-tools.ts';

/** A file that lies in the inbox again, or would. */
export type Placed = {
  readonly due: Due;
  /** What lies there; null when nothing was put there, because nothing was to be changed. */
  readonly identity: FileIdentity | null;
  /** The stored file as it was read; null when it is missing, and the inbox has the only one. */
  readonly stored: FileIdentity | null;
  /** It lay in the inbox already. */
  readonly wasThere: boolean;
};

type Ways = UndoRules & { readonly dryRun: boolean };

/**
 * Reads a stored file again and puts it back into the inbox, if it is what it should be and its place is free.
 *
 * Nothing of the stored file or the ledger is changed. Whatever is wrong with this file alone is an answer, so that the
 * others go on.
 *
 * @throws FactoryError INBOX_UNUSABLE when the disk of the inbox is full or gone
 */
export async function placeInInbox(tools: UndoTools, due: Due, ways: Ways): Promise<Placed | Refused> {
  try {
    return await place(tools, due, ways);
  } catch (error) {
    return refuseWith(due.file, asOwnTrouble(error, tools.settings.inboxDir));
  }
}

async function place(tools: UndoTools, due: Due, ways: Ways): Promise<Placed | Refused> {
  const { file, path, plan } = due;
  await using stored = await openSourceFile(plan.from);
  if (stored === null) {
    if (await isTakenOnDisk(plan.from)) return refuse(file, 'UNDO_CHANGED', { path: plan.from });
    const other = withoutSetAside(due);
    if (other !== null) return await place(tools, other, ways);
  } else if (!(await hasContent(tools, stored, file.fileHash))) {
    return refuse(file, 'UNDO_CHANGED', { path: plan.from });
  }
  if (!ways.dryRun) await clearUp(tools, due);
  const sizeBytes = stored?.identity.sizeBytes ?? file.identity.sizeBytes;
  const there = await findInPlace(tools.hasher, path, { stored, sha256: file.fileHash, sizeBytes });
  if (there === 'taken') return refuse(file, 'UNDO_INBOX_TAKEN');
  if (there !== null) return { due, identity: there, stored: stored?.identity ?? null, wasThere: true };
  if (stored === null || !ways.mayPlace) return refuse(file, 'UNDO_MISSING', { path: plan.from });
  if (ways.dryRun) return { due, identity: null, stored: stored.identity, wasThere: false };
  const identity = await putThere(tools, due, stored);
  if (identity === 'taken') return refuse(file, 'UNDO_INBOX_TAKEN');
  if (identity === 'changed') return refuse(file, 'UNDO_CHANGED', { path: plan.from });
  return { due, identity, stored: stored.identity, wasThere: false };
}

/** It may have been read wrongly: only what is so twice is so. */
async function hasContent({ hasher }: UndoTools, stored: SourceFile, sha256: string): Promise<boolean> {
  return (await hashOf(hasher, stored)) === sha256 || (await hashOf(hasher, stored)) === sha256;
}

/** What crashes left: a copy under its private name, whole or not, and an inbox file on its way out. */
async function clearUp(tools: UndoTools, { file, path }: Due): Promise<void> {
  await removeDraft(draftFor(path, file.arrivalId));
  if (file.releasePending) await tools.takeBackSource({ id: file.arrivalId, path: file.path, identity: file.identity });
}

/** A duplicate that somebody has deleted from Duplicates is made again from the original. */
function withoutSetAside({ file, path }: Due): Due | null {
  if (file.setAsidePath === null || file.outcome !== 'duplicate' || file.asset === null) return null;
  const plan = { kind: 'give-back', from: file.asset.finalPath, isMoved: false, row: 'stays' } as const;
  return { file: { ...file, setAsidePath: null }, path, plan };
}

async function putThere(tools: UndoTools, { file, path, plan }: Due, stored: SourceFile) {
  await requireInboxFolder(tools.settings.inboxDir, dirname(path));
  return putBack(tools.privateFolder, {
    stored,
    sha256: file.fileHash,
    path,
    mtimeNs: file.identity.mtimeNs,
    mayLink: plan.isMoved,
    draft: draftFor(path, file.arrivalId),
    hasher: tools.hasher,
  });
}

/** @throws what is not this file's trouble */
function asOwnTrouble(error: unknown, inboxDir: string): FactoryError {
  const code = systemCodeOf(error);
  if (isVolumeAway(code)) throw inboxAway(inboxDir, error);
  if (error instanceof FactoryError && error.remedy === 'retry') return error;
  if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
  return new FactoryError('UNDO_INBOX_BLOCKED', { reason: reasonOf(error) }, error);
}

/** What stops all that is still to go back. */
export function inboxAway(inboxDir: string, error: unknown): FactoryError {
  const advice = 'What is back stays back; run undo again when that is mended.';
  return new FactoryError('INBOX_UNUSABLE', { path: inboxDir, reason: reasonOf(error), advice }, error);
}

/** Where a stored file of a library lies below: folders that are emptied are removed up to it. */
export function storageRootOf({ settings }: UndoTools, { isMoved, row }: Due['plan']): string {
  return join(settings.storageDir, isMoved && row === 'stays' ? 'Duplicates' : 'Originals');
}
