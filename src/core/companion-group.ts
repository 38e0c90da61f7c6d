import { offsetBetween } from './home-clock.ts';
import type { Confidence, ZoneSource } from './metadata.ts';
import { readClock } from './redate.ts';
import { type ShotName, shotNameOf } from './shot-name.ts';
import { asEpochMs } from './wall-clock.ts';

/** A stored photo or video, as far as it tells which others are of the same shot. */
export type ShotFile = {
  readonly id: string;
  readonly fileHash: string;
  /** What it was called when it came. */
  readonly originalName: string;
  /** The folder by which it came, absolute. */
  readonly originalFolder: string;
  /** Where it is stored, absolute. */
  readonly finalPath: string;
  readonly kind: 'image' | 'raw' | 'video';
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly capturedAt: string | null;
  readonly offsetMinutes: number | null;
  readonly zone: ZoneSource | null;
  readonly confidence: Confidence | null;
  /** What `capturedAt` is from; `person` when somebody said so. */
  readonly source: string | null;
  readonly contentIdentifier: string | null;
  readonly burstIdentifier: string | null;
  readonly isCurated: boolean;
  /** The group that it is in now. */
  readonly groupId: string | null;
};

/** Two or more files of one shot. */
export type ShotGroup = {
  readonly id: string;
  /** The one that the others follow. */
  readonly leader: ShotFile;
  /** The leader first. */
  readonly members: readonly ShotFile[];
};

/** A Live Photo's video begins up to three seconds before its still, cameras take a moment to write both of a pair. */
const ONE_SHOT_MS = 10_000;

/**
 * Finds which of these files are of one shot. The same files give the same groups, in whatever order they came:
 *
 * 1. an identifier that the camera wrote (Live Photo, burst) says it, whatever names and dates are, unless it stands in
 *    pictures that were surely taken days apart;
 * 2. else a name, in one folder, and the time: within ten seconds, where at least one of two dates is more than a guess.
 *    Counters of cameras begin again, so months later the same name is another shot; a file's own time alone says nothing,
 *    since copying sets it;
 * 3. an edited copy whose date is nothing but a guess belongs to the shot that it is named after, when there is but one;
 * 4. a date that a person gave says nothing of other files: they stay together, or apart.
 *
 * @param files in the order in which they were filed: a group is named after its first
 */
export function groupShots(files: readonly ShotFile[]): readonly ShotGroup[] {
  const union = createUnion(files.length);
  const entries = files.map((file, index) => ({ file, index, name: shotNameOf(file.originalName) }));
  for (const key of ['contentIdentifier', 'burstIdentifier'] as const) {
    const alike = Map.groupBy(entries, ({ file }) => file[key]);
    for (const [identifier, of] of alike) if (identifier !== null && of.length > 1) joinByIdentifier(of, union);
  }
  for (const bucket of bucketsOf(entries)) joinByName(bucket, union);
  const sets = Map.groupBy(entries, ({ index }) => union.root(index));
  return namedGroups([...sets.values()].filter((set) => set.length > 1));
}

type Entry = { readonly file: ShotFile; readonly index: number; readonly name: ShotName };

/** Those that have one name in the folder by which they came, or one with the same digits where they are stored. */
function bucketsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const byOrigin = Map.groupBy(
    entries,
    ({ file, name }) => `${file.originalFolder}\0${name.stem}\0${name.number ?? ''}`,
  );
  const suffixed = entries.filter(({ file }) => SUFFIXED.test(stemOfPath(file.finalPath)));
  const byPlace = Map.groupBy(suffixed, ({ file }) => stemOfPath(file.finalPath));
  return [...byOrigin.values(), ...byPlace.values()].filter((bucket) => bucket.length > 1);
}

const SUFFIXED = /-(?:[0-9a-f]{8}){1,8}$/;

function stemOfPath(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

/** Copying programs hand identifiers on: pictures that were surely taken on different days are of as many shots. */
function joinByIdentifier(alike: readonly Entry[], union: Union): void {
  const dated = alike.flatMap((entry) => {
    const at = localMsOf(entry.file);
    return at !== null && isSurePicture(entry.file) ? [{ entry, at }] : [];
  });
  const shots: { entry: Entry; at: number }[] = [];
  for (const each of dated.toSorted((one, other) => one.at - other.at)) {
    const last = shots.at(-1);
    if (last !== undefined && each.at - last.at <= DAY_MS) union.join(last.entry.index, each.entry.index);
    else shots.push(each);
  }
  for (const { file, index } of alike.filter((entry) => !dated.some((each) => each.entry === entry))) {
    const at = localMsOf(file) ?? 0;
    const [nearest] = shots.toSorted((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at));
    union.join(nearest?.entry.index ?? alike[0]?.index ?? index, index);
  }
}

const DAY_MS = 86_400_000;

function isSurePicture({ kind, confidence, source }: ShotFile): boolean {
  return kind !== 'video' && confidence === 'high' && source !== 'person';
}

function joinByName(bucket: readonly Entry[], union: Union): void {
  for (const one of bucket) for (const other of bucket) if (isOneShot(one, other)) union.join(one.index, other.index);
  const originals = new Set(bucket.filter(({ name }) => !name.isEdited).map(({ index }) => union.root(index)));
  const [only] = originals;
  if (only === undefined || originals.size > 1) return;
  for (const { index, name, file } of bucket) if (name.isEdited && !isSound(file)) union.join(only, index);
}

function isOneShot(one: Entry, other: Entry): boolean {
  const [a, b] = [one.file, other.file];
  // Two states of one file, or of two shots: their names say nothing of it.
  if (one === other || a.originalName.toLowerCase() === b.originalName.toLowerCase()) return false;
  if (one.name.isOwn) return true;
  const isTwoVideos = a.kind === 'video' && b.kind === 'video' && !one.name.isProxy && !other.name.isProxy;
  if (isTwoVideos && one.name.isEdited === other.name.isEdited) return false;
  if (a.source === 'person' || b.source === 'person') return a.groupId !== null && a.groupId === b.groupId;
  return (isSound(a) || isSound(b)) && isNear(a, b);
}

function isSound({ confidence, source }: ShotFile): boolean {
  return source === 'person' || confidence === 'high' || confidence === 'medium';
}

/**
 * Two instants are compared as such. A wall clock without a zone is compared with the other's wall clock; with one whose
 * zone was assumed, it need only be a whole number of quarters of an hour away, since zones are.
 */
function isNear(a: ShotFile, b: ShotFile): boolean {
  const [atA, atB] = [localMsOf(a), localMsOf(b)];
  if (atA === null || atB === null) return false;
  if (a.offsetMinutes !== null && b.offsetMinutes !== null)
    return Math.abs(atA - a.offsetMinutes * 60_000 - (atB - b.offsetMinutes * 60_000)) <= ONE_SHOT_MS;
  if (a.zone === 'default') return offsetBetween(atB, atA - (a.offsetMinutes ?? 0) * 60_000, ONE_SHOT_MS) !== null;
  if (b.zone === 'default') return offsetBetween(atA, atB - (b.offsetMinutes ?? 0) * 60_000, ONE_SHOT_MS) !== null;
  return Math.abs(atA - atB) <= ONE_SHOT_MS;
}

function localMsOf({ capturedAt }: ShotFile): number | null {
  const clock = capturedAt === null ? null : readClock(capturedAt);
  return clock === null ? null : asEpochMs(clock);
}

/** Each keeps the group id of its first member that has one, unless an earlier group has it; else it is that of its first member. */
function namedGroups(sets: readonly (readonly Entry[])[]): readonly ShotGroup[] {
  const taken = new Set<string>();
  return sets.map((set) => {
    const ids = set.flatMap(({ file: { groupId } }) => (groupId === null || taken.has(groupId) ? [] : [groupId]));
    const id = ids[0] ?? set[0]?.file.id ?? '';
    taken.add(id);
    const [leader, ...others] = set.toSorted(byRank).map(({ file }) => file);
    if (leader === undefined) throw new Error('a group has members');
    return { id, leader, members: [leader, ...others] };
  });
}

/**
 * The one of a group that the others follow: the picture as the camera made it, since every program can show it and its date is
 * the camera's own; before the RAW beside it, an edited copy, and the video, whose date is often only UTC's.
 */
export function leaderOf(files: readonly ShotFile[]): ShotFile | null {
  const entries = files.map((file, index) => ({ file, index, name: shotNameOf(file.originalName) }));
  return entries.toSorted(byRank)[0]?.file ?? null;
}

const NEVER = '9999';

function byRank(one: Entry, other: Entry): number {
  return (
    rankOf(one) - rankOf(other) ||
    compare(one.file.capturedAt ?? NEVER, other.file.capturedAt ?? NEVER) ||
    compare(one.file.originalName, other.file.originalName) ||
    compare(one.file.fileHash, other.file.fileHash)
  );
}

function rankOf({ file: { kind }, name }: Entry): number {
  if (name.isProxy) return 6;
  if (kind === 'video') return name.isEdited ? 5 : 4;
  if (name.isEdited) return 3;
  if (kind === 'raw') return 2;
  return name.isCover ? 0 : 1;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

type Union = { readonly root: (index: number) => number; readonly join: (one: number, other: number) => void };

/** Disjoint sets of `0 … size − 1`. */
function createUnion(size: number): Union {
  const above = Array.from({ length: size }, (_, index) => index);
  const root = (index: number): number => {
    let at = index;
    for (let next = above[at]; next !== undefined && next !== at; next = above[at]) at = next;
    return at;
  };
  const join = (one: number, other: number): void => {
    const [a, b] = [root(one), root(other)];
    above[Math.max(a, b)] = Math.min(a, b);
  };
  return { root, join };
}
