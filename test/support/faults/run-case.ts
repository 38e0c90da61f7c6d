import { join } from 'node:path';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import type { TestDatabase } from '../database.ts';
import { jpeg } from '../ingest-rig.ts';
import { labelOf } from './call-label.ts';
import { checkEnd, checkInstant, findOpenFiles, type Known } from './check-case.ts';
import { befall, type DiskFault } from './disk-fault.ts';
import type { DiskWays, Follower } from './disk-way.ts';
import type { FaultBench, FaultLibrary, Filed } from './fault-bench.ts';
import { DAY, dropPhoto, PHOTO, type Scenario } from './scenarios.ts';
import { asVolume } from './volume.ts';

/** The n-th call of this label on a photo's way. */
export type Target = {
  readonly label: string;
  readonly nth: number;
  /** Until the photo is known, until it is recorded, and after that. */
  readonly phase: Phase;
};

export type Phase = 'read' | 'place' | 'release';

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

const HEALTHY = { content: jpeg('a healthy one'), day: '2023-01-02' };

/** Every call that a photo's way makes when nothing is wrong, in order. */
export async function listCalls(lane: Lane, scenario: Scenario): Promise<Target[]> {
  await using library = await prepare(lane, scenario);
  const targets: Target[] = [];
  let phase: Phase = 'read';
  const volume = asVolume(scenario.volume);
  const opened = await library.open();
  const photo = await lookAtFile(join(library.config.inboxDir, 'a.jpg'));
  const filed = await lane.ways.follow(
    (call, proceed) => {
      const label = labelOf(call, library.config);
      if (phase === 'read' && /^(mkdir|open day)/.test(label)) phase = 'place';
      if (label.startsWith('lstat leaving') || label === 'file.close inbox/a.jpg') phase = 'release';
      targets.push({ label, nth: targets.filter((other) => other.label === label).length + 1, phase });
      return volume(call, proceed);
    },
    () => opened.file(photo),
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
  const met = Promise.withResolvers<void>();
  const faulty: Follower = (call, proceed) => {
    if (labelOf(call, config) !== label) return volume(call, proceed);
    seen += 1;
    if (!isArmed || seen < nth || (lasting === 'once' && hits > 0)) return volume(call, proceed);
    hits += 1;
    met.resolve();
    return befall(fault, call, () => volume(call, proceed));
  };

  const opened = await library.open();
  const photo = await lookAtFile(join(config.inboxDir, 'a.jpg'));
  const healthy = await lookAtFile(join(config.inboxDir, 'healthy.jpg'));
  const filing = lane.ways.follow(faulty, () =>
    opened.file(photo, () => {
      isArmed = false;
    }),
  );
  // From the fault on there is another photo beside it.
  await Promise.race([met.promise, filing]);
  const beside = await lane.ways.follow(volume, () => opened.file(healthy));
  const filed = await filing;
  isArmed = false;
  if (hits === 0) wrong.push('the fault never came');
  if (endOf(beside) !== 'stored') wrong.push(`the healthy photo: ${endOf(beside)}`);
  const known = knownOf(lane, library, scenario, { fault, label });
  wrong.push(...(await checkInstant(known)));
  const left = await findOpenFiles([config.inboxDir, config.storageDir]);
  wrong.push(...left.map((path) => `left open: ${path}`));

  wrong.push(...saysTooLittle(filed, fault));

  await lane.ways.follow(volume, () => library.ingest());
  wrong.push(...(await checkEnd(known)).map((what) => `at last: ${what}`));
  return { end: endOf(filed), message: filed.item?.message ?? null, wrong };
}

/** A failure says what, where and what to do; a pause says where. */
function saysTooLittle({ item, outages }: Filed, fault: DiskFault): string[] {
  const message = item?.outcome === 'failed' ? (item.message ?? '') : null;
  const isItsOwn = 'code' in fault && fault.code !== 'EEXIST' && item?.code !== 'ORIGINAL_CHANGED';
  const needed = isItsOwn ? (fault.code === 'ENOENT' ? /ENOENT|it is gone/ : new RegExp(fault.code)) : /./;
  const isTooLittle = message !== null && !(needed.test(message) && /\. .+\.$/.test(message));
  return [
    ...(isTooLittle ? [`the message says too little: ${message}`] : []),
    ...outages.flatMap(({ error }) =>
      / \/\S+ /.test(String(error)) ? [] : [`the outage does not say where: ${error}`],
    ),
  ];
}

async function prepare({ bench, database }: Lane, scenario: Scenario): Promise<FaultLibrary> {
  await database.sql.unsafe('DELETE FROM inbox_arrivals; DELETE FROM media_assets; DELETE FROM ingest_runs').simple();
  const library = await bench.createLibrary(database, scenario.kind);
  await scenario.prepare?.(library);
  if (!(await library.inbox()).includes('a.jpg')) await dropPhoto(library);
  await library.drop('healthy.jpg', HEALTHY.content, `${HEALTHY.day}T03:04:05Z`);
  return library;
}

function knownOf(
  { database }: Lane,
  { config }: FaultLibrary,
  scenario: Scenario,
  { fault, label }: Pick<FaultCase, 'fault' | 'label'>,
): Known {
  const { inboxDir, storageDir, ingestMode } = config;
  const isTaken = fault.kind === 'vanish' && /inbox\/a\.jpg|day\/|leaving\//.test(label);
  const isSaidGone = (what: RegExp) => 'code' in fault && fault.code === 'ENOENT' && what.test(label);
  return {
    inboxDir,
    storageDir,
    sql: database.sql,
    photos: new Map([
      ['the photo', { content: PHOTO, day: DAY }],
      ['the healthy one', HEALTHY],
      ...(scenario.others ?? []),
    ]),
    stays: ingestMode === 'copy' ? ['a.jpg', 'healthy.jpg'] : [],
    taken: isTaken ? ['the photo', 'another'] : [],
    missing: scenario.isMissing === true ? ['the photo'] : [],
    comesAgain: isTaken || isSaidGone(/inbox\/a\.jpg/) ? ['a.jpg'] : [],
    overlooked:
      scenario.name.startsWith('adopted') && isSaidGone(/^open day\/a\.jpg/) ? `${DAY.slice(0, 4)}/${DAY}/a.jpg` : null,
  };
}

export function endOf({ item, outages }: Filed): string {
  const end = item === null ? 'gone' : [item.outcome, item.code].filter((word) => word !== null).join(' ');
  return [...outages.map(({ outage }) => `paused ${outage}`), end].join(' → ');
}
