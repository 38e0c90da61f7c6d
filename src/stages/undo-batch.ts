import { dirname } from 'node:path';
import PQueue from 'p-queue';
import { isSameContentState } from '../core/inbox-file.ts';
import type { UndoItem } from '../core/undo-summary.ts';
import { reasonOf } from '../errors.ts';
import { isTakenOnDisk, syncFolder, syncFoldersUpTo } from '../io/disk/folders.ts';
import { removeEmptyFolders } from '../io/disk/inbox-folders.ts';
import { draftFor, removeDraft } from '../io/disk/put-back.ts';
import { letGo, readIdentity } from '../io/disk/release-source.ts';
import type { FiledFile, GivenBack } from '../ledger/undo.ts';
import { inboxAway, type Placed, placeInInbox, storageRootOf } from './undo-place.ts';
import {
  describeReturn,
  placeOf,
  planReturn,
  type Refused,
  refuse,
  removalTrouble,
  type UndoRules,
  type UndoTools,
} from './undo-tools.ts';

type Laid = Placed & { readonly identity: NonNullable<Placed['identity']> };
type Recorded = Laid & { readonly heldId: bigint };

/**
 * Takes a batch of files back to the inbox. The stored file goes last:
 *
 * 1. noted as begun, so that a start can finish or forget what a crash leaves;
 * 2. read again, put back into the inbox, synced;
 * 3. the ledger, in one statement: the photos' rows go, the arrivals are held;
 * 4. only then the stored files go, each if it is still the one that was read and the inbox has it;
 * 5. folders that this emptied go, too, and all that is gone is sure to stay so before it is forgotten.
 *
 * Safe to be killed at any instant and to be run again.
 *
 * @returns what became of each file
 * @throws FactoryError INBOX_UNUSABLE; what the database driver says
 */
export async function giveBackBatch(
  tools: UndoTools,
  files: readonly FiledFile[],
  rules: UndoRules,
): Promise<readonly UndoItem[]> {
  const planned = files.map((file) => planReturn(tools.settings, file, rules));
  const due = planned.filter((each) => 'plan' in each);
  await tools.ledger.markBegun(due.map(({ file, plan }) => ({ arrivalId: file.arrivalId, from: plan.from }))); // 1

  const ends = await inTurns(due, (each) => placeInInbox(tools, each, { ...rules, dryRun: false })); // 2
  const laid = ends.filter((end): end is Laid => 'identity' in end && end.identity !== null);
  const { inboxDir } = tools.settings;
  try {
    await syncFoldersUpTo(inboxDir, new Set(laid.map(({ due: { path } }) => dirname(path))));
  } catch (error) {
    throw inboxAway(inboxDir, error);
  }

  const heldIds = await tools.ledger.recordGivenBack(laid.map(toGivenBack), rules.force); // 3
  const recorded = laid.flatMap((each) => {
    const heldId = heldIds.get(each.due.file.arrivalId);
    return heldId === undefined ? [] : [{ ...each, heldId }];
  });
  const overtaken = laid.filter(({ due: { file } }) => !heldIds.has(file.arrivalId));
  for (const each of overtaken) await withdraw(tools, each);

  const removed = await inTurns(recorded, (each) => removeStored(tools, each)); // 4
  const emptied = recorded.filter(removesStored).map(({ due: { plan } }) => plan);
  const folders = new Map(emptied.map((plan) => [dirname(plan.from), storageRootOf(tools, plan)]));
  const unsure = await makeRemovalsLast(tools, folders); // 5
  const items = removed.map((item, index) => withTrouble(item, unsure, recorded[index]));

  const refused = [
    ...planned.filter((each) => 'item' in each),
    ...ends.filter((end) => 'item' in end),
    ...overtaken.map(({ due: { file } }) => refuse(file, 'UNDO_ROW_CHANGED')),
  ];
  await forget(tools, refused);
  const done = recorded.filter((_, index) => items[index]?.code === null);
  await tools.ledger.markDone(done.filter(removesStored).map(({ heldId }) => heldId));
  return [...items, ...refused.map(({ item }) => item)];
}

/**
 * Removes folders that are empty now, and makes last that stored files are gone from them, also by their private names: a
 * power cut would bring them back, and nobody would know any more that they are to go.
 *
 * @param folders each with the root that stays; one that is not there needs nothing
 * @returns those of which that is not sure, and why: what was removed from them is not to be forgotten yet
 */
export async function makeRemovalsLast(
  { privateFolder }: Pick<UndoTools, 'privateFolder'>,
  folders: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const unsure = new Map<string, string>();
  const synced = folders.size === 0 ? null : await syncFolder(privateFolder.leaving).then(() => null, reasonOf);
  for (const [folder, root] of folders) {
    const reason = await removeIfThere(root, folder).then(() => null, reasonOf);
    const why = synced ?? reason;
    if (why !== null) unsure.set(folder, why);
  }
  return unsure;
}

async function removeIfThere(root: string, folder: string): Promise<void> {
  if (await isTakenOnDisk(root)) await removeEmptyFolders(root, folder);
}

function withTrouble(item: UndoItem, unsure: ReadonlyMap<string, string>, recorded: Recorded | undefined): UndoItem {
  if (item.code !== null || recorded === undefined || !removesStored(recorded)) return item;
  const { from } = recorded.due.plan;
  const reason = unsure.get(dirname(from));
  return reason === undefined ? item : { ...item, ...removalTrouble(from, reason) };
}

/** What would become of the files; changes nothing. */
export async function rehearseBatch(
  tools: UndoTools,
  files: readonly FiledFile[],
  rules: UndoRules,
): Promise<readonly UndoItem[]> {
  return inTurns(files, async (file) => {
    const planned = planReturn(tools.settings, file, rules);
    if ('item' in planned) return planned.item;
    const end = await placeInInbox(tools, planned, { ...rules, dryRun: true });
    return 'item' in end ? end.item : itemOf(end);
  });
}

/** So many files in hand at once. */
const CONCURRENCY = 8;

/** The answers come in the order of the questions. */
async function inTurns<T, R>(all: readonly T[], task: (each: T) => Promise<R>): Promise<R[]> {
  const queue = new PQueue({ concurrency: CONCURRENCY });
  try {
    return await queue.addAll(all.map((each) => () => task(each)));
  } catch (error) {
    queue.clear();
    await queue.onIdle();
    throw error;
  }
}

function toGivenBack({ due: { file, path, plan }, identity, stored }: Laid): GivenBack {
  const asset =
    plan.row === 'stays' || file.assetId === null ? null : { id: file.assetId, finalPath: plan.from, row: plan.row };
  return {
    arrivalId: file.arrivalId,
    path,
    identity,
    asset,
    sidecarId: plan.row === 'goes' ? file.sidecarId : null,
    removePath: plan.isMoved && stored !== null ? plan.from : null,
  };
}

function removesStored({ due, stored }: Placed): boolean {
  return due.plan.isMoved && stored !== null;
}

/** Takes a name back out of the inbox whose photo turned out to be wanted after all. */
async function withdraw(tools: UndoTools, { due: { file, path, plan }, identity, wasThere }: Laid): Promise<void> {
  if (!wasThere) await letGo(tools.privateFolder, { id: file.arrivalId, path, identity }, plan.from);
}

async function removeStored(tools: UndoTools, recorded: Recorded): Promise<UndoItem> {
  const { due, identity, stored, heldId } = recorded;
  const item = itemOf(recorded);
  if (!due.plan.isMoved || stored === null) return item;
  try {
    const now = await readIdentity(due.path);
    if (now === null || !isSameContentState(now, identity)) throw new Error('the inbox file was changed meanwhile');
    await letGo(tools.privateFolder, { id: heldId, path: due.plan.from, identity: stored }, due.path);
    return item;
  } catch (error) {
    return { ...item, ...removalTrouble(due.plan.from, reasonOf(error)) };
  }
}

function itemOf({ due, wasThere }: Placed): UndoItem {
  const { file, path, plan } = due;
  const outcome = wasThere ? 'unrecorded' : plan.isMoved ? 'moved' : 'copied';
  return { ...describeReturn(file, path, plan), outcome };
}

/** What was refused is as it was, and no half copy of it is left in the inbox. */
async function forget(tools: UndoTools, refused: readonly Refused[]): Promise<void> {
  for (const { file } of refused) {
    const path = placeOf(tools.settings, file);
    if (path !== null) await removeDraft(draftFor(path, file.arrivalId)).catch(() => undefined); // nobody takes it for a photo
  }
  await tools.ledger.markDone(refused.map(({ file }) => file.arrivalId));
}
