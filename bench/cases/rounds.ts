import { type Ingested, ingest, type Library } from '../contestants/ours.ts';
import type { Timed } from '../contestants/timed.ts';
import { aside, type Figure, ratio, type Target } from '../figures/figure.ts';
import { ratiosOf } from '../figures/statistics.ts';
import type { CaseSize, CaseTools } from './case.ts';

export type Rounds = {
  readonly floor: readonly Spent[];
  readonly ours: readonly Ingested[];
  /** As many as there were rounds, or none. */
  readonly peer: readonly Spent[];
};

export type Spent = Pick<Timed, 'seconds' | 'cpuSeconds'>;

type Course = {
  readonly library: Library;
  readonly floor: () => Promise<Spent>;
  /** Makes the inbox what it was before the first round. */
  readonly refill: () => Promise<void>;
  /** What another program takes for the same; leaves the inbox as it was. */
  readonly peer?: () => Promise<Spent>;
  /** How many files must be stored, or the round was about something else; null where nobody knows. */
  readonly stored: number | null;
};

const FULL_ROUNDS = 5;
const QUICK_ROUNDS = 3;

export function roundsOf({ rounds, isQuick }: CaseSize): number {
  return rounds ?? (isQuick ? QUICK_ROUNDS : FULL_ROUNDS);
}

/** Floor, ours and the peer in turn, so that all suffer the same machine; every round files into a library that is new. */
export async function takeTurns(
  { library, floor, refill, peer, stored }: Course,
  { size, say }: Pick<CaseTools, 'size' | 'say'>,
): Promise<Rounds> {
  const rounds = { floor: [] as Spent[], ours: [] as Ingested[], peer: [] as Spent[] };
  await floor(); // so that the first round finds the files in memory, as the others do
  for (let round = 0; round < roundsOf(size); round += 1) {
    await library.startAfresh();
    const least = await floor();
    const ours = await ingest(library);
    if (stored !== null && ours.summary.stored !== stored)
      throw new Error(`${ours.summary.stored} of ${stored} files were stored`);
    rounds.floor.push(least);
    rounds.ours.push(ours);
    await refill();
    const others = await peer?.();
    if (others !== undefined) rounds.peer.push(others);
    const peerInWords = others === undefined ? '' : `, peer ${others.seconds.toFixed(2)} s`;
    say(`round ${round + 1}: floor ${least.seconds.toFixed(2)} s, ingest ${ours.seconds.toFixed(2)} s${peerInWords}`);
  }
  return rounds;
}

/** What every filing case tells. */
export function figuresOf(
  { floor, ours }: Rounds,
  { files, floorName, target }: { readonly files: number; readonly floorName: string; readonly target: Target | null },
): readonly Figure[] {
  const least = secondsOf(floor);
  const cpu = cpuSecondsOf(ours);
  const whole = secondsOf(ours);
  const filing = ours.map(({ summary }) => summary.seconds);
  return [
    ratio(`ingest ÷ ${floorName}`, ratiosOf(whole, least), target),
    ratio(`filing alone (as the summary says) ÷ ${floorName}`, ratiosOf(filing, least)),
    {
      ...ratio(`CPU time of ingest, database and all ÷ of ${floorName}`, ratiosOf(cpu, cpuSecondsOf(floor))),
      isSteady: true,
    },
    aside(floorName, 's', least),
    aside('ingest, the whole command', 's', whole),
    aside('filing alone, as the summary says', 's', filing),
    aside(
      'photos filed a second',
      'files/s',
      filing.map((seconds) => files / seconds),
    ),
    aside(
      'CPU time a photo, database and all',
      'ms',
      cpu.map((seconds) => (seconds * 1000) / files),
    ),
  ];
}

export function secondsOf(timed: readonly Pick<Timed, 'seconds'>[]): number[] {
  return timed.map(({ seconds }) => seconds);
}

export function cpuSecondsOf(timed: readonly Pick<Timed, 'cpuSeconds'>[]): number[] {
  return timed.map(({ cpuSeconds }) => cpuSeconds);
}
