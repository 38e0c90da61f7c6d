import { findOpenFiles } from './check-case.ts';
import { type DiskFault, vanishing } from './disk-fault.ts';
import { countCalls, type DiskCase, type Lane, layAmbush } from './disk-lanes.ts';
import type { Target } from './every-call.ts';
import { lookBeforeTaking, type Taken } from './taken.ts';
import { asVolume } from './volume.ts';
import type { Check, Ended, Ground, Phase, Way } from './way.ts';

/** A call on a way, and how far that has come. */
type PhasedTarget = Target & { readonly phase: Phase };

export type FaultCase = PhasedTarget & DiskCase;

export type Seen = {
  /** How it ended, as `paused storage → stored`. */
  readonly end: string;
  /** What is wrong whatever the end. */
  readonly wrong: readonly string[];
};

function groundOf({ bench, database, ways }: Lane): Ground {
  return { bench, database, connection: database, aside: ways.aside };
}

/** Every call that a way makes when nothing is wrong, in order. */
export async function listCalls(lane: Lane, way: Way): Promise<PhasedTarget[]> {
  await using open = await way.open(groundOf(lane));
  const targets: PhasedTarget[] = [];
  const count = countCalls(open.places);
  let phase: Phase = 'read';
  const volume = asVolume(way.volume);
  const { end } = await lane.ways.follow(
    (call, proceed) => {
      const target = count(call);
      phase = open.phaseAt(target.label, phase);
      targets.push({ ...target, phase });
      return volume(call, proceed);
    },
    () => open.go(() => {}),
  );
  if (end !== way.usual) throw new Error(`without any fault it ended as ${end}`);
  return targets;
}

/** Lets a fault come, beside a healthy photo, then lets the program finish what is left. @param finished of this way */
export async function runCase(lane: Lane, way: Way, at: FaultCase, finished: Finished): Promise<Seen> {
  const { label, fault } = at;
  await using open = await way.open(groundOf(lane));
  const { places } = open;
  const wrong: string[] = [];
  const taken: Taken[] = [];
  const volume = asVolume(way.volume);
  const met = Promise.withResolvers<void>();
  const ambush = layAmbush(at, places, {
    volume,
    onHit: async (call) => {
      met.resolve();
      const gone = takesAway(at) ? await lookBeforeTaking(vanishing(call), places) : null;
      if (gone !== null) taken.push(gone);
    },
  });

  const going = lane.ways.follow(ambush.follower, () => open.go(ambush.disarm));
  // From the fault on there is another photo beside it.
  await Promise.race([met.promise, going]);
  const { beside } = open;
  if (beside !== null) {
    const end = await lane.ways.follow(volume, beside);
    if (end !== 'stored') wrong.push(`the healthy photo: ${end}`);
  }
  const ended = await going;
  ambush.disarm();
  if (ambush.hits() === 0) wrong.push('the fault never came');
  const check = open.check({ label, fault, taken });
  wrong.push(...(await check.instant()));
  const left = await findOpenFiles([places.inboxDir, places.storageDir]);
  wrong.push(...left.map((path) => `left open: ${path}`));
  wrong.push(...saysTooLittle(ended, fault));

  wrong.push(...(await atLast(check, finished, () => lane.ways.follow(volume, open.finish))));
  return { end: ended.end, wrong };
}

/** Whether the program is right to count a file as lost. Whoever says it every time is believed. */
function takesAway({ label, fault, lasting }: FaultCase): boolean {
  if (fault.kind === 'vanish') return true;
  const isMissing = 'code' in fault && fault.code === 'ENOENT' && lasting === 'for ever';
  return isMissing && /^open (day|day before|new day)\//.test(label);
}

/** What was wrong at last with libraries that were finished before, by what tells them apart. */
export type Finished = Map<string, Promise<readonly string[]>>;

export async function atLast(
  check: Check,
  finished: Finished,
  finish: () => Promise<void>,
): Promise<readonly string[]> {
  const run = async () => {
    await finish();
    return (await check.end()).map((what) => `at last: ${what}`);
  };
  const print = await check.fingerprint?.();
  const before = print === undefined ? undefined : finished.get(print);
  if (before !== undefined) return await before;
  const now = run();
  if (print !== undefined) finished.set(print, now);
  return await now;
}

/** A failure says what, where and what to do; a pause says where. */
function saysTooLittle({ failures, outages }: Ended, fault: DiskFault): string[] {
  const little = failures.filter(({ code, message }) => {
    const isItsOwn = 'code' in fault && fault.code !== 'EEXIST' && code !== 'ORIGINAL_CHANGED';
    const needed = isItsOwn ? (fault.code === 'ENOENT' ? /ENOENT|is gone|is missing/ : new RegExp(fault.code)) : /./;
    return !(needed.test(message) && /\. .+\.$/.test(message));
  });
  return [
    ...little.map(({ message }) => `the message says too little: ${message}`),
    ...outages.flatMap((said) => (/ \/\S+ /.test(said) ? [] : [`the outage does not say where: ${said}`])),
  ];
}
