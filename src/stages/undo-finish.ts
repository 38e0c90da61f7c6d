import { dirname, join } from 'node:path';
import type { FileIdentity } from '../core/inbox-file.ts';
import type { UndoItem } from '../core/undo-summary.ts';
import { reasonOf } from '../errors.ts';
import { isBelow } from '../io/disk/folders.ts';
import { letGo, privateNames } from '../io/disk/release-source.ts';
import { hashOf, openSourceFile } from '../io/disk/source-file.ts';
import type { FiledFile } from '../ledger/undo.ts';
import { giveBackBatch, makeRemovalsLast } from './undo-batch.ts';
import { removalTrouble, type UndoTools } from './undo-tools.ts';

type Trouble = Pick<UndoItem, 'code' | 'message'>;

/**
 * Finishes what a crash of `undo` left of one file.
 *
 * Begun: if its content lies in the inbox, the rest is done; else it never happened. Given back: the stored file goes, once
 * it and the inbox file were read again and are what they should be; else it stays.
 *
 * @returns null when all went well
 * @throws FactoryError of remedy `retry`; what the database driver says
 */
export async function finishUndo(tools: UndoTools, file: FiledFile): Promise<Trouble | null> {
  if (file.isHeld) return finishRemoval(tools, file);
  const rules = { force: true, mayPlace: false, neededAssets: new Set<string>() };
  const [item] = await giveBackBatch(tools, [file], rules);
  return item === undefined || item.outcome === 'refused' || item.code === null ? null : item;
}

async function finishRemoval(tools: UndoTools, file: FiledFile): Promise<Trouble | null> {
  const { arrivalId: id, undoPendingPath: storedPath, path } = file;
  // Somebody has recorded it anew: it is a photo of the library again.
  if (storedPath === null || file.asset?.finalPath === storedPath) {
    await tools.ledger.markDone([id]);
    return null;
  }
  const stored = await findStored(tools, file, storedPath);
  const leaving = stored === null ? null : { id, path: storedPath, identity: stored };
  if (leaving !== null && (await findContent(tools, file, path)) === null) {
    await tools.takeBackSource(leaving);
    return removalTrouble(storedPath, `what lies at ${path} is no longer what was put there`);
  }
  try {
    if (leaving !== null) await letGo(tools.privateFolder, leaving, path);
    // Also when it was gone: the crash may have come before that was sure to last.
    const folder = dirname(storedPath);
    const reason = (await makeRemovalsLast(tools, new Map([[folder, rootOf(tools, storedPath)]]))).get(folder);
    if (reason !== undefined) return removalTrouble(storedPath, reason);
  } catch (error) {
    return removalTrouble(storedPath, reasonOf(error));
  }
  await tools.ledger.markDone([id]);
  return null;
}

/** The stored file, under its own name or a private one; null when it is gone or another file has the name. */
async function findStored(tools: UndoTools, file: FiledFile, storedPath: string): Promise<FileIdentity | null> {
  const names = privateNames(tools.privateFolder.leaving, { id: file.arrivalId, path: storedPath });
  for (const name of [...names, storedPath]) {
    const found = await findContent(tools, file, name);
    if (found !== null) return found;
  }
  return null;
}

async function findContent({ hasher }: UndoTools, { fileHash }: FiledFile, path: string): Promise<FileIdentity | null> {
  await using found = await openSourceFile(path);
  return found !== null && (await hashOf(hasher, found)) === fileHash ? found.identity : null;
}

function rootOf({ settings }: UndoTools, storedPath: string): string {
  const duplicates = join(settings.storageDir, 'Duplicates');
  return isBelow(duplicates, storedPath) ? duplicates : join(settings.storageDir, 'Originals');
}
