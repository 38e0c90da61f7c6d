import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { openLog } from '../../../src/log.ts';
import { openReaders, type Readers } from '../../../src/runtime/open-ingest-tools.ts';
import { MACHINE } from '../machine.ts';
import { POWER_CASES } from './cases.ts';
import { findViolations } from './check.ts';
import { compareWithDisk } from './disk-as-recorded.ts';
import type { History } from './history.ts';
import type { Layout } from './layout.ts';
import { findNeeds, type Witness } from './needed-syncs.ts';
import type { PowerCase } from './power-case.ts';
import { createRandom, type Random } from './random.ts';
import { type RecordedCase, recordCase, recordRestart, viewsOf } from './record-case.ts';
import { surviveCuts } from './survive-cuts.ts';
import { SYNC_SITES } from './sync-sites.ts';

/** How much is tried. The promises are checked at every moment and in every state whatever the effort. */
export type Effort = {
  /** So many states of each case are made real, and the program started in them. */
  readonly cuts: number;
  /** At so many moments of each case a run is killed and the next one recorded, to be cut in its turn. */
  readonly kills: number | 'each';
};

const { POWER_SEED } = process.env;

/** The tests of power cuts, with a seed that is told: `POWER_SEED` repeats them. */
export function describePowerCuts(effort: Effort): void {
  const seed = Number(POWER_SEED ?? Math.floor(Math.random() * 1e6));
  const witnesses: Witness[] = [];
  let readers: Readers & AsyncDisposable;

  beforeAll(async () => {
    const { config } = loadConfig({}, null, MACHINE);
    const log = openLog({ logLevel: 'silent', logPretty: false });
    readers = await openReaders({ config, log, signal: new AbortController().signal });
    return () => readers[Symbol.asyncDispose]();
  });

  describe.each(POWER_CASES)(`$name (POWER_SEED=${seed})`, (powerCase) => {
    const random = createRandom(seed);
    let recorded: RecordedCase;

    beforeAll(async () => {
      recorded = await recordCase(readers, powerCase);
      return () => recorded.library[Symbol.asyncDispose]();
    });

    it('is recorded as it happened', () => {
      const { model, disk } = compareWithDisk(recorded.history);
      expect(model).toEqual(disk);
    });

    it('keeps the promises in every state that a power cut may leave (I1, I2, I4, I5, I6, I7)', () => {
      witnesses.push(expectPromises(powerCase, powerCase.name, recorded.history, recorded.library.layout));
    });

    it('keeps them when it was killed before, and started again', async () => {
      for (const killedAt of killsOf(powerCase, recorded.history, { kills: effort.kills, random })) {
        const history = await recordRestart(powerCase, recorded, { killedAt, random });
        const { model, disk } = compareWithDisk(history);
        expect(model).toEqual(disk);
        const name = `${powerCase.name}, killed at ${killedAt}`;
        witnesses.push(expectPromises(powerCase, name, history, recorded.library.layout));
      }
    });

    it('ends with everything filed once when the program starts after a power cut', async () => {
      expect(await surviveCuts(powerCase, recorded, { count: effort.cuts, random })).toEqual([]);
    });
  });

  it('needs each of its syncs: without it, a promise is broken', () => {
    const needs = findNeeds(witnesses);
    console.log(
      tableOf(needs.map(({ site, broken }) => [SYNC_SITES[site] ?? site, broken?.invariant, broken?.witness])),
    );
    expect(needs.map(({ site }) => site).sort()).toEqual(Object.keys(SYNC_SITES).sort());
    expect(needs.filter(({ broken }) => broken === null)).toEqual([]);
  }, 300_000); // all traces once more for each sync, in this thread
}

function expectPromises(powerCase: PowerCase, name: string, history: History, layout: Layout): Witness {
  const views = viewsOf(powerCase, layout);
  const { INGEST_MODE: mode, DUPLICATES: duplicates } = powerCase.settings ?? {};
  const staysInInbox = mode === 'copy' || duplicates === 'keep';
  const checked = { history, layout, atomicRenames: powerCase.atomicRenames ?? false, staysInInbox };
  const violations = views.flatMap(({ name: seen, view }) =>
    findViolations({ ...checked, view }).map((violation) => ({ case: name, seen, ...violation })),
  );
  expect(violations).toEqual([]);
  return { name, case: checked, views };
}

/** Moments at which all that was begun has ended or has not had an effect: a kill within a call is one before or after it. */
function killsOf(
  { killedBefore }: PowerCase,
  { trace, inodes }: History,
  { kills, random }: { kills: Effort['kills']; random: Random },
): readonly number[] {
  const ends = [...new Set(trace.operations.filter(({ by }) => by === 'us').map(({ end }) => end))];
  if (kills === 'each') return ends;
  const wanted = inodes.flatMap(({ syncs }) => syncs.filter(({ site }) => site === killedBefore));
  const chosen = Array.from({ length: kills }, () => random.pick(ends));
  return [...wanted.map(({ begin }) => begin - 1), ...chosen];
}

function tableOf(rows: readonly (readonly (string | undefined)[])[]): string {
  return rows.map((cells) => `| ${cells.map((cell) => cell ?? 'nothing').join(' | ')} |`).join('\n');
}
