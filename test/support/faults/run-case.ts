import { join } from 'node:path';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { jpeg } from '../ingest-rig.ts';
import { checkEnd, checkInstant, findOpenFiles, type Known } from './check-case.ts';
import type { DiskFault } from './disk-fault.ts';
import { type CallFault, countCalls, type Lane, layAmbush, type Target } from './every-call.ts';
import type { FaultLibrary, Filed } from './fault-bench.ts';
import { DAY, dropPhoto, PHOTO, type Scenario } from './scenarios.ts';
import { asVolume } from './volume.ts';

/** A call on a photo's way. */
type PhasedTarget = Target & {
  /** Until the photo is known, until it is recorded, and after that. */
  readonly phase: Phase;
};

export type Phase = 'read' | 'place' | 'release';

export type FaultCase = PhasedTarget & CallFault;

export type Seen = {
  /** What became of the photo, as `paused storage → stored`. */
  readonly end: string;
  readonly message: string | null;
  /** What is wrong whatever the end. */
  readonly wrong: readonly string[];
};

const HEALTHY = { content: jpeg('a healthy one'), day: '2023-01-02' };

/** Every call that a photo's way makes when nothing is wrong, in order. */
export async function listCalls(lane: Lane, scenario: Scenario): Promise<PhasedTarget[]> {
  await using library = await prepare(lane, scenario);
  const targets: PhasedTarget[] = [];
  const count = countCalls(library.config);
  let phase: Phase = 'read';
  const volume = asVolume(scenario.volume);
  const opened = await library.open();
  const photo = await lookAtFile(join(library.config.inboxDir, 'a.jpg'));
  const filed = await lane.ways.follow(
    (call, proceed) => {
      const target = count(call);
      const { label } = target;
      if (phase === 'read' && /^(mkdir|open day)/.test(label)) phase = 'place';
      if (label.startsWith('lstat leaving') || label === 'file.close inbox/a.jpg') phase = 'release';
      targets.push({ ...target, phase });
      return volume(call, proceed);
    },
    () => opened.file(photo),
  );
  if (endOf(filed) !== scenario.usual) throw new Error(`without any fault it ended as ${endOf(filed)}`);
  return targets;
}

/** Lets a photo meet a fault beside a healthy photo, then lets the next ingest finish what is left. */
export async function runCase(lane: Lane, scenario: Scenario, at: FaultCase): Promise<Seen> {
  const { label, fault } = at;
  await using library = await prepare(lane, scenario);
  const { config } = library;
  const wrong: string[] = [];
  const volume = asVolume(scenario.volume);
  const met = Promise.withResolvers<void>();
  const ambush = layAmbush(at, config, { volume, onHit: met.resolve });

  const opened = await library.open();
  const photo = await lookAtFile(join(config.inboxDir, 'a.jpg'));
  const healthy = await lookAtFile(join(config.inboxDir, 'healthy.jpg'));
  const filing = lane.ways.follow(ambush.follower, () => opened.file(photo, ambush.disarm));
  // From the fault on there is another photo beside it.
  await Promise.race([met.promise, filing]);
  const beside = await lane.ways.follow(volume, () => opened.file(healthy));
  const filed = await filing;
  ambush.disarm();
  if (ambush.hits() === 0) wrong.push('the fault never came');
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
