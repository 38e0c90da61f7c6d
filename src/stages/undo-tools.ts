import { join, relative } from 'node:path';
import type { Config } from '../config.ts';
import { planUndo, type UndoPlan } from '../core/undo-plan.ts';
import type { UndoItem } from '../core/undo-summary.ts';
import { FactoryError, type FailureCode, inWords } from '../errors.ts';
import { isBelow } from '../io/disk/folders.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import type { PrivateFolder } from '../io/disk/private-folder.ts';
import type { Leaving } from '../io/disk/release-source.ts';
import type { FiledFile, UndoLedger } from '../ledger/undo.ts';

/** Everything that taking files back needs from the world. */
export type UndoTools = {
  readonly settings: Pick<Config, 'inboxDir' | 'storageDir'>;
  readonly ledger: UndoLedger;
  readonly hasher: Hasher;
  readonly privateFolder: PrivateFolder;
  /** Gives an inbox file its name back that a crash left under its private name. */
  readonly takeBackSource: (file: Leaving) => Promise<void>;
};

export type UndoRules = {
  /** Also what a person has curated. */
  readonly force: boolean;
  /** Whether anything may be put into the inbox, or only what lies there already be finished. */
  readonly mayPlace: boolean;
  /** Photos that must stay, because a duplicate in the inbox can only be made again from them. */
  readonly neededAssets: ReadonlySet<string>;
};

/** A file that is to go back, and how. */
export type Due = {
  readonly file: FiledFile;
  /** Where in the inbox it goes. */
  readonly path: string;
  readonly plan: UndoPlan & { readonly kind: 'give-back' };
};

export type Refused = { readonly file: FiledFile; readonly item: UndoItem };

/**
 * Decides where a file goes back to and how, from what the ledger knows.
 *
 * The inbox may have moved since: the file keeps its place below it.
 */
export function planReturn(
  { inboxDir, storageDir }: UndoTools['settings'],
  file: FiledFile,
  rules: UndoRules,
): Due | Refused {
  const path = placeOf({ inboxDir }, file);
  if (path === null) return refuse(file, 'UNDO_OUTSIDE', { path: file.path, root: file.inboxDir ?? inboxDir });
  const plan = planUndo(file, rules);
  if (plan.kind === 'refuse') return refuse(file, plan.code);
  if (!isBelow(storageDir, plan.from)) return refuse(file, 'UNDO_OUTSIDE', { path: plan.from, root: storageDir });
  if (plan.row === 'goes' && file.assetId !== null && rules.neededAssets.has(file.assetId))
    return refuse(file, 'UNDO_DUPLICATE_STAYS');
  return { file, path, plan };
}

/** The file's place below the inbox of today; null when it was not below that of its run. */
export function placeOf({ inboxDir }: Pick<Config, 'inboxDir'>, file: FiledFile): string | null {
  const root = file.inboxDir ?? inboxDir;
  return isBelow(root, file.path) ? join(inboxDir, relative(root, file.path)) : null;
}

export function refuse(
  file: FiledFile,
  code: FailureCode,
  details: ConstructorParameters<typeof FactoryError>[1] = {},
): Refused {
  return refuseWith(file, new FactoryError(code, details));
}

/** A failure that is this file's alone, as an answer. */
export function refuseWith(file: FiledFile, { code, message }: FactoryError): Refused {
  return { file, item: { ...describeReturn(file, file.path), outcome: 'refused', code, message } };
}

export function describeReturn(
  { identity, assetId, isBackedUp }: FiledFile,
  path: string,
  plan: Due['plan'] | null = null,
): Omit<UndoItem, 'outcome'> {
  return {
    path,
    from: plan?.from ?? null,
    code: null,
    message: null,
    assetId,
    sizeBytes: Number(identity.sizeBytes),
    wasBackedUp: isBackedUp && plan?.row === 'goes',
  };
}

export function removalTrouble(path: string, reason: string): Pick<UndoItem, 'code' | 'message'> {
  return { code: 'UNDO_REMOVE_FAILED', message: inWords('UNDO_REMOVE_FAILED', { path, reason }) };
}
