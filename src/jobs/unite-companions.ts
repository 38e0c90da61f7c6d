import { dirname } from 'node:path';
import { groupShots, type ShotFile, type ShotGroup } from '../core/companion-group.ts';
import { misplaced } from '../core/group-places.ts';
import { shotKey } from '../core/shot-name.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import type { GroupChange, UngroupedPhoto } from '../ledger/groups.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { uniteGroup } from '../stages/unite.ts';

type UniteCompanions = {
  readonly ingest: IngestTools;
  /** Resolves when work may go on; called before every question and every group. */
  readonly pass: () => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const BATCH = 200;

/**
 * Finds the companions of the photos that were not yet looked at, writes down which belong together, and brings those
 * together. It may be ended at any moment: what is left is done the next time. Needs the library to itself.
 *
 * @returns how many files were moved to others
 */
export async function uniteCompanions(tools: UniteCompanions): Promise<{ readonly moved: number }> {
  const { ingest, pass, signal } = tools;
  let moved = 0;
  let after: UngroupedPhoto | null = null;
  while (!signal.aborted) {
    await pass();
    const pending: readonly UngroupedPhoto[] = await ingest.ledger.findUngrouped({ after, limit: BATCH });
    if (pending.length === 0) break;
    moved += await uniteBatch(tools, pending);
    // Those that failed are left for the next time, so that they keep nobody from their turn.
    after = pending.at(-1) ?? null;
  }
  return { moved };
}

async function uniteBatch({ ingest, ...tools }: UniteCompanions, pending: readonly UngroupedPhoto[]): Promise<number> {
  const asked = await withShotKeys(ingest, pending);
  const files = await ingest.ledger.findCompanions([...asked]);
  const groups = groupShots(files);
  const scattered = groups.filter((group) => misplaced(group).length > 0);
  await recordChanges(ingest, changesOf({ files, groups, scattered, asked }));
  let moved = 0;
  for (const group of scattered) {
    if (tools.signal.aborted) break;
    moved += await uniteOne({ ingest, ...tools }, group);
  }
  return moved;
}

/** @returns the ids of those that have what companions are found by; the others are left for the next time */
async function withShotKeys({ ledger }: IngestTools, pending: readonly UngroupedPhoto[]): Promise<ReadonlySet<string>> {
  const keyless = pending.filter((photo) => photo.shotKey === null);
  if (keyless.length === 0) return new Set(pending.map(({ id }) => id));
  const keys = keyless.map(({ id, originalName, originalPath }) => ({
    id,
    shotKey: shotKey(dirname(originalPath), originalName),
  }));
  const set = await ledger.setShotKeys(keys);
  return new Set(pending.flatMap(({ id, shotKey: key }) => (key !== null || set.has(id) ? [id] : [])));
}

/** What the ledger has to learn: a group that is still to be brought together stays pending. */
function changesOf(of: {
  readonly files: readonly ShotFile[];
  readonly groups: readonly ShotGroup[];
  readonly scattered: readonly ShotGroup[];
  readonly asked: ReadonlySet<string>;
}): readonly GroupChange[] {
  const groupOf = new Map(of.groups.flatMap(({ id, members }) => members.map((member) => [member.id, id] as const)));
  const waiting = new Set(of.scattered.flatMap(({ members }) => members.map(({ id }) => id)));
  return of.files.flatMap(({ id, groupId: before }) => {
    const groupId = groupOf.get(id) ?? null;
    const isToSay = groupId !== before || of.asked.has(id) || waiting.has(id);
    return isToSay ? [{ id, groupId, isPending: waiting.has(id), set: groupId ?? before ?? id }] : [];
  });
}

async function recordChanges({ ledger }: IngestTools, changes: readonly GroupChange[]): Promise<void> {
  if (changes.length > 0) await ledger.recordGroups(changes);
}

/** @returns how many files were moved */
async function uniteOne({ ingest, pass, log, signal }: UniteCompanions, group: ShotGroup): Promise<number> {
  const { id: groupId, leader, members } = group;
  await pass();
  try {
    const moved = await uniteGroup(ingest, group, signal);
    await recordChanges(
      ingest,
      members.map(({ id }) => ({ id, groupId, isPending: false, set: groupId })),
    );
    for (const { id: asset, from, to } of moved) log.info({ asset, from, to }, 'a file was moved to its companions');
    return moved.length;
  } catch (error) {
    if (!(error instanceof FactoryError) || error.remedy !== 'retry') throw error;
    log.warn({ asset: leader.id, reason: reasonOf(error) }, 'companions could not be brought together yet');
    return 0;
  }
}
