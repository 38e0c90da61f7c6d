import { basename, join } from 'node:path';
import type { InboxFile } from '../../../src/core/inbox-file.ts';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { fingerprintOf } from '../crash/fingerprint.ts';
import { type Layout, openLayout } from '../crash/layout.ts';
import type { TestDatabase } from '../database.ts';
import { sha256 } from '../ingest-rig.ts';
import { checkCompanions } from '../library-check/check-companions.ts';
import { checkEnd } from '../library-check/check-end.ts';
import { checkInstant } from '../library-check/check-instant.ts';
import type { Expected, ExpectedArrival } from '../library-check/expected.ts';
import { type LibraryState, readLibraryState } from '../library-check/library-state.ts';
import { emptyLedger } from './empty-ledger.ts';
import { endOf, type FaultLibrary, type LibraryKind, type OpenLibrary } from './fault-bench.ts';
import { endedAs, HEALTHY, HEALTHY_TIME } from './photo-way.ts';
import { stoppedBy } from './stopped-by.ts';
import { withoutTaken } from './taken.ts';
import type { Ended, OpenWay, Way } from './way.ts';

/** Something that is done with photos and with what lies beside them. */
export type CompanionScenario = {
  readonly name: string;
  readonly usual: string;
  readonly kind?: LibraryKind;
  readonly seed: (layout: Layout) => Promise<void>;
  /** What is done before, while nothing is wrong. */
  readonly before?: (at: Place) => Promise<unknown>;
  readonly act: Act;
};

/** Where it is done. */
export type Place = {
  readonly library: FaultLibrary;
  readonly opened: OpenLibrary;
  readonly find: (name: string) => Promise<InboxFile | null>;
  readonly look: () => Promise<LibraryState>;
  readonly expected: Expected;
};

export type Act = {
  readonly go: (at: Place, onOutage: () => void) => Promise<Ended>;
  /** Photos are filed while it goes on. */
  readonly hasOthersBeside: boolean;
  /** Where it matters. */
  readonly phaseAt?: OpenWay['phaseAt'];
  /** Before the next `ingest`. */
  readonly again?: (at: Place) => Promise<unknown>;
};

/** What the days are called that are not the one at which the photo lies. */
const DAYS = { '2024/2024-05-05': 'day before', '2019/2019-04-16': 'new day' };

export function companionWay({ name, usual, act, kind, before, seed }: CompanionScenario): Way {
  return {
    name,
    usual,
    open: async ({ bench, database, connection, aside }) => {
      await using opening = new AsyncDisposableStack();
      await emptyLedger(database);
      const library = opening.use(await bench.createLibrary(connection, kind));
      const expected = await layOut(library, database, { seed, hasHealthy: act.hasOthersBeside });
      const opened = await library.open();
      const { inboxDir, storageDir } = library.config;
      const look = () => aside(() => readLibraryState({ inboxDir, storageDir, sql: database.sql }));
      const find = (name: string) => aside(() => lookAtFile(join(inboxDir, name)));
      const at: Place = { library, opened, find, look, expected };
      await before?.(at);
      const healthy = act.hasOthersBeside ? await find('healthy.jpg') : null;
      const stack = opening.move();
      return {
        places: { ...library.config, days: DAYS },
        go: (onOutage) => act.go(at, onOutage),
        beside: healthy === null ? null : async () => endOf(await opened.file(healthy)),
        finish: async () => {
          await act.again?.(at);
          await library.ingest(database);
        },
        phaseAt: act.phaseAt ?? ((_, before) => before),
        check: checkWith(at),
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      };
    },
  };
}

function checkWith({ look, expected }: Place): OpenWay['check'] {
  return ({ label, fault, taken }) => {
    // An inbox file that is said to be gone, and is not, is an arrival of its own when it is seen again; of one that is gone
    // for good there may be nothing to say.
    const isSaidGone = fault.kind === 'vanish' || ('code' in fault && fault.code === 'ENOENT');
    const comesAgain = ({ path }: ExpectedArrival) => isSaidGone && label.includes(`inbox/${basename(path)}`);
    // A name that is said to be taken is not the one that it gets.
    const isSaidTaken = 'code' in fault && fault.code === 'EEXIST' && label.startsWith('link ');
    const atLast = {
      ...expected,
      arrivals: expected.arrivals.filter((arrival) => !comesAgain(arrival)),
      together: isSaidTaken ? [] : expected.together,
    };
    const find = async (check: (state: LibraryState, of: Expected) => string[], of: Expected) => {
      const left = withoutTaken(await look(), of, taken);
      return [...left.lost, ...check(left.state, left.expected)];
    };
    return {
      instant: () => find(checkInstant, expected),
      end: () => find(checkEnd, atLast),
      fingerprint: async () => [fingerprintOf(await look()), ...taken.map(({ sha256 }) => sha256)].join(),
    };
  };
}

async function layOut(
  { config: { inboxDir, storageDir, ingestMode }, drop }: FaultLibrary,
  { sql }: TestDatabase,
  { seed, hasHealthy }: Pick<CompanionScenario, 'seed'> & { readonly hasHealthy: boolean },
): Promise<Expected> {
  const layout = await openLayout({ inboxDir, storageDir, sql, mtimeToleranceNs: 1000n }, null);
  const stays = ingestMode === 'copy';
  await seed(
    stays ? { ...layout, drop: (name, content, fate) => layout.drop(name, content, { ...fate, stays }) } : layout,
  );
  const expected = layout.expected();
  if (!hasHealthy) return expected;
  const path = await drop('healthy.jpg', HEALTHY.content, HEALTHY_TIME);
  const mtimeNs = BigInt(Date.parse(HEALTHY_TIME)) * 1_000_000n;
  const arrival = { path, sha256: sha256(HEALTHY.content), mtimeNs, outcomes: ['stored'], stays };
  return {
    ...expected,
    arrivals: [...expected.arrivals, arrival],
    originals: [...expected.originals, arrival.sha256],
  };
}

/** A worker of the daemon files one file. */
export function fileOne(name: string): Act {
  return {
    go: async ({ opened, find }, onOutage) => endedAs(await opened.file(await find(name), onOutage)),
    hasOthersBeside: true,
    phaseAt: (label, before) => {
      if (label.startsWith('lstat leaving') || label === `file.close inbox/${name}`) return 'release';
      return before === 'read' && /^(mkdir|open day)/.test(label) ? 'place' : before;
    },
  };
}

/**
 * A photo and all that lies beside it are filed, one after the other, until one is not; then they come together. `not all` when one was
 * not: the next run goes on with it.
 */
export function fileAll(...names: readonly string[]): Act {
  return {
    ...CARE,
    go: async (at, onOutage) => {
      const ends: Ended[] = [];
      const isStored = () => ends.at(-1)?.end.endsWith('stored') !== false;
      for (const name of names) {
        const file = isStored() ? await at.find(name) : null;
        if (file !== null) ends.push(endedAs(await at.opened.file(file, onOutage)));
      }
      const isAll = ends.length === names.length && isStored();
      ends.push(await CARE.go(at, onOutage));
      const outages = ends.flatMap((each) => each.outages);
      const end = isAll ? (ends.at(-1)?.end.split(' → ').at(-1) ?? '') : 'not all';
      return {
        end: outages.length > 0 ? `paused → ${end}` : end,
        failures: ends.flatMap((each) => each.failures),
        outages,
      };
    },
  };
}

/** What was to be brought together is (`together`), or not and it was said (`not yet`), or nobody said so (`apart`). */
export const CARE: Act = {
  go: async ({ opened, look, expected }, onOutage) => {
    const { outages, warnings } = await opened.care(onOutage);
    const apart = checkCompanions(await look(), expected);
    const end = apart.length === 0 ? 'together' : warnings.length > 0 ? 'not yet' : 'apart';
    return {
      end: [...outages.map(({ outage }) => `paused ${outage}`), end].join(' → '),
      failures: warnings.map((message) => ({ code: null, message })),
      outages: outages.map(({ error }) => String(error)),
    };
  },
  hasOthersBeside: true,
};

/** A person says when a photo was taken. */
export function redateTo(id: string, clock: Parameters<FaultLibrary['redate']>[1]): Act {
  return {
    go: async ({ library }) => {
      try {
        const item = await library.redate(id, clock);
        const failures = item?.outcome === 'refused' ? [{ code: null, message: item.message ?? '' }] : [];
        return { end: item?.outcome ?? 'nothing', failures, outages: [] };
      } catch (error) {
        const { exitCode, stopped, message } = stoppedBy(error);
        if (stopped === 'BUG') throw error;
        return { end: `${exitCode} ${stopped}`, failures: [{ code: stopped, message }], outages: [] };
      }
    },
    hasOthersBeside: false,
    again: ({ library }) => library.redate(id, clock),
  };
}
