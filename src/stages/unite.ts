import { dirname, join, relative } from 'node:path';
import type { ShotFile, ShotGroup } from '../core/companion-group.ts';
import { isMovable, leaderNames, misplaced } from '../core/group-places.ts';
import { namesToTry } from '../core/placement.ts';
import { FactoryError } from '../errors.ts';
import { isBelow } from '../io/disk/folders.ts';
import { hashOf } from '../io/disk/source-file.ts';
import { openRecorded } from './ingest-recorded.ts';
import { refile } from './ingest-refile.ts';
import type { IngestTools } from './ingest-tools.ts';

export type Moved = { readonly id: string; readonly from: string; readonly to: string };

/**
 * Brings the members of a group together: into the folder of the leader, under its name where they came under one name. When
 * another photo has a name that is needed, the leader gets the digits of its hash, and the others follow. What a person has
 * dated or looked through stays where it is; a file that is missing or is not what was recorded is not touched.
 *
 * Each file moves by itself, safely ({@link refile}); killed in between, doing it again does the rest.
 *
 * @throws FactoryError of remedy `retry`; what the database driver says
 */
export async function uniteGroup(tools: IngestTools, group: ShotGroup, signal: AbortSignal): Promise<readonly Moved[]> {
  const moved: Moved[] = [];
  const root = join(tools.settings.storageDir, 'Originals');
  // A row that somebody else wrote may name a place anywhere.
  const folder = dirname(group.leader.finalPath);
  if (folder === root || !isBelow(root, folder)) return moved;
  const places = new Map(group.members.map(({ id, finalPath }) => [id, finalPath]));
  const current = (file: ShotFile): ShotFile => ({ ...file, finalPath: places.get(file.id) ?? file.finalPath });
  const move = async (file: ShotFile, target: Target): Promise<boolean> => {
    const end = await moveFile(tools, file, target, signal);
    if (end.kind === 'taken') return false;
    if (end.kind === 'moved') {
      places.set(file.id, end.to);
      moved.push({ id: file.id, from: file.finalPath, to: end.to });
    }
    return true;
  };
  const bringAll = async (mayFail: boolean): Promise<boolean> => {
    const leader = current(group.leader);
    for (const { file, folder, name } of misplaced({ ...group, leader, members: group.members.map(current) })) {
      const fallback = namesToTry(name ?? file.originalName, file.fileHash);
      const names = mayFail && name !== null ? [name] : fallback;
      if (!(await move(file, { folder, names }))) return false;
    }
    return true;
  };
  const leader = current(group.leader);
  const names = isMovable(leader) ? leaderNames(leader) : [];
  if (await bringAll(names.length > 0)) return moved;
  await move(leader, { folder: dirname(leader.finalPath), names });
  await bringAll(false);
  return moved;
}

type Target = { readonly folder: string; readonly names: readonly string[] };
type End = { readonly kind: 'stays' } | { readonly kind: 'taken' } | { readonly kind: 'moved'; readonly to: string };

async function moveFile(tools: IngestTools, file: ShotFile, target: Target, signal: AbortSignal): Promise<End> {
  return tools.oneAtATime(file.fileHash, async () => {
    const photo = await tools.ledger.findRedatable(file.id);
    if (photo === null || photo.capturedAt === null || photo.source === null) return { kind: 'stays' };
    await using source = await openRecorded(tools, photo.finalPath);
    if (source === null || (await hashOf(tools.hasher, source, signal)) !== photo.fileHash) return { kind: 'stays' };
    const { capturedAt: wallClock, source: from, offsetMinutes, zone, confidence, otherDates } = photo;
    const capture = { wallClock, source: from, offsetMinutes, zone, confidence };
    const folder = relative(join(tools.settings.storageDir, 'Originals'), target.folder);
    const row = { photo, source, reason: 'group', capture, location: null, otherDates } as const;
    try {
      return { kind: 'moved', to: await refile(tools, { ...row, target: { folder, names: target.names } }) };
    } catch (error) {
      if (error instanceof FactoryError && error.code === 'NO_FREE_NAME') return { kind: 'taken' };
      throw error;
    }
  });
}
