import { join } from 'node:path';
import type { TestDatabase } from '../database.ts';
import { jpeg } from '../ingest-rig.ts';
import { labelOf } from './call-label.ts';
import { checkEnd, checkInstant, findOpenFiles, type Known } from './check-case.ts';
import { befall, type DiskFault } from './disk-fault.ts';
import type { DiskWays, Follower } from './disk-way.ts';
import type { FaultBench, FaultLibrary, Filed } from './fault-bench.ts';
import { MTIME, type Scenario } from './scenarios.ts';
import { asVolume } from './volume.ts';

/** The n-th call of this label on a photo's way. */
export type Target = { readonly label: string; readonly nth: number };

export type FaultCase = Target & { readonly fault: DiskFault; readonly lasting: 'once' | 'for ever' };

/** Where cases run, one after the other. */
export type Lane = { readonly bench: FaultBench; readonly ways: DiskWays; readonly database: TestDatabase };

export type Seen = {
  /** What became of the photo, as `paused storage → stored`. */
  readonly end: string;
  readonly message: string | null;
  /** What is wrong whatever the end. */
  readonly wrong: readonly string[];
};

const PHOTO = jpeg('photo of today');
const HEALTHY = jpeg('a healthy one');

/** Every call that a photo's way makes when nothing is wrong, in order. */
export async function listCalls(lane: Lane, scenario: Scenario): Promise<Target[]> {
  await using library = await prepare(lane, scenario);
  const targets: Target[] = [];
  const volume = asVolume(scenario.volume);
  const opened = await library.open();
  const filed = await lane.ways.follow(
    (call, proceed) => {
      const label = labelOf(call, library.config);
      targets.push({ label, nth: targets.filter((other) => other.label === label).length + 1 });
      return volume(call, proceed);
    },
    () => opened.file(join(library.config.inboxDir, 'a.jpg')),
  );
  if (endOf(filed) !== scenario.usual) throw new Error(`without any fault it ended as ${endOf(filed)}`);
  return targets;
}

/** Lets a photo meet a fault beside a healthy photo, then lets the next ingest finish what is left. */
export async function runCase(
  lane: Lane,
  scenario: Scenario,
  { label, nth, fault, lasting }: FaultCase,
): Promise<Seen> {
  await using library = await prepare(lane, scenario);
  const { config } = library;
  const wrong: string[] = [];
  const volume = asVolume(scenario.volume);
  let isArmed = true;
  let seen = 0;
  let hits = 0;
  const faulty: Follower = (call, proceed) => {
    if (labelOf(call, config) !== label) return volume(call, proceed);
    seen += 1;
    if (!isArmed || seen < nth || (lasting === 'once' && hits > 0)) return volume(call, proceed);
    hits += 1;
    return befall(fault, call, () => volume(call, proceed));
  };

  const opened = await library.open();
  const photo = join(config.inboxDir, 'a.jpg');
  const [filed, other] = await Promise.all([
    lane.ways.follow(faulty, () =>
      opened.file(photo, () => {
        isArmed = false;
      }),
    ),
    lane.ways.follow(volume, () => opened.file(join(config.inboxDir, 'healthy.jpg'))),
  ]);
  isArmed = false;
  if (hits === 0) wrong.push('the fault never came');
  if (endOf(other) !== 'stored') wrong.push(`the healthy photo: ${endOf(other)}`);
  const known = await knownOf(lane, library, scenario, isUsersDoing(fault, label) ? [] : [['the photo', PHOTO]]);
  wrong.push(...(await checkInstant(known)));
  const left = await findOpenFiles([config.inboxDir, config.storageDir]);
  wrong.push(...left.map((path) => `left open: ${path}`));

  await lane.ways.follow(volume, () => library.ingest());
  wrong.push(...(await checkEnd(known)).map((what) => `at last: ${what}`));
  return { end: endOf(filed), message: filed.item?.message ?? null, wrong };
}

/** Whoever takes a file from the inbox, or an original away, wants it gone. */
function isUsersDoing(fault: DiskFault, label: string): boolean {
  return fault.kind === 'vanish' && /inbox\/a.jpg|day\//.test(label);
}

async function prepare({ bench, database }: Lane, scenario: Scenario): Promise<FaultLibrary> {
  await database.sql.unsafe('DELETE FROM inbox_arrivals; DELETE FROM media_assets; DELETE FROM ingest_runs').simple();
  const library = await bench.createLibrary(database, scenario.kind);
  await scenario.prepare?.(library, PHOTO);
  if (!(await library.inbox()).includes('a.jpg')) await library.drop('a.jpg', PHOTO, MTIME);
  await library.drop('healthy.jpg', HEALTHY, '2023-01-02T03:04:05Z');
  return library;
}

async function knownOf(
  { database }: Lane,
  { config }: FaultLibrary,
  scenario: Scenario,
  photos: readonly (readonly [string, Buffer])[],
): Promise<Known> {
  const { inboxDir, storageDir, ingestMode } = config;
  return {
    inboxDir,
    storageDir,
    sql: database.sql,
    photos: new Map([...photos, ['the healthy one', HEALTHY], ...(scenario.others ?? [])]),
    stays: ingestMode === 'copy' ? ['a.jpg', 'healthy.jpg'] : [],
  };
}

export function endOf({ item, outages }: Filed): string {
  const end = item === null ? 'gone' : [item.outcome, item.code].filter((word) => word !== null).join(' ');
  return [...outages.map(({ outage }) => `paused ${outage}`), end].join(' → ');
}
