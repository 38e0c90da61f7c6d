import { randomUUID } from 'node:crypto';
import { addOutcome, HELD, NO_COUNTS, type RunCounts, type RunItem, type RunSummary } from '../core/run-summary.ts';
import { reasonOf } from '../errors.ts';
import type { Connection } from '../ledger/connect.ts';
import { closeAbandonedRuns, endRun, type NewRun, saveRunCounts, startRun } from '../ledger/runs.ts';
import type { Log } from '../log.ts';

/** The run that work belongs to now. A daemon opens one when there is work and closes it when there has been none. */
export type RunLog = {
  /** The run's id; opens one when none is open. */
  readonly current: () => Promise<string>;
  /** Counts an end, logs it, and keeps it when items were asked for. */
  readonly add: (item: RunItem) => void;
  /** Closes the run and returns its summary; null when none is open. */
  readonly end: () => Promise<RunSummary | null>;
  /** Closes the run after an outage with what the ledger was told: more than was heard of, when answers were lost. */
  readonly endAsRecorded: () => Promise<void>;
  /**
   * Closes the run if it has been quiet for long, or is a day old. Files that are in work make it wait, however quiet it
   * was: after an outage they are taken up again, and belong to this run.
   */
  readonly endIfQuiet: (isInWork: boolean) => Promise<void>;
  readonly counts: () => RunCounts;
  readonly lastOutcomeAgeMs: () => number;
};

const QUIET_MS = 60_000;
/** `status` may be that far behind. */
const SAVE_MS = 2000;
const LONGEST_MS = 24 * 3600 * 1000;

type OpenRun = { readonly id: Promise<string>; readonly openedAtMs: number };

type EndedRun = OpenRun & {
  readonly counts: RunCounts;
  readonly items: readonly RunItem[];
  readonly lastOutcomeAtMs: number;
};

export function createRunLog(tools: {
  connection: Pick<Connection, 'db' | 'ask'>;
  run: NewRun;
  keepItems: boolean;
  onOutcome?: ((item: RunItem) => void) | undefined;
  log: Log;
  readyAtMs: number;
}): RunLog {
  const { log } = tools;
  const { db, ask } = tools.connection;
  let open: OpenRun | null = null;
  /** Runs whose last word could not be written yet. */
  const unwritten: EndedRun[] = [];
  let nextId = randomUUID();
  let counts = NO_COUNTS;
  let items: RunItem[] = [];
  let lastOutcomeAtMs = performance.now();
  let saving: NodeJS.Timeout | null = null;

  const current = (): Promise<string> => {
    if (open !== null) return open.id;
    const id = nextId;
    const mine = { id: ask(() => startRun(db, tools.run, id)), openedAtMs: performance.now() };
    open = mine;
    mine.id.then(
      () => {
        nextId = randomUUID();
      },
      () => {
        if (open === mine) open = null; // the next one asks again, for the same run: it may be there
      },
    );
    return mine.id;
  };

  const saveSoon = () => {
    if (saving !== null) return;
    saving = setTimeout(() => {
      saving = null;
      save().catch((error: unknown) => log.debug({ reason: reasonOf(error) }, 'the totals so far could not be saved'));
    }, SAVE_MS);
    saving.unref();
  };

  const save = async () => {
    if (open === null) return;
    const run = await open.id;
    await ask(() => saveRunCounts(db, run, counts));
  };

  const end = async (): Promise<RunSummary | null> => {
    if (open !== null) {
      if (saving !== null) clearTimeout(saving);
      saving = null;
      // Taken out before anything is awaited: an end that comes from here on belongs to the next run.
      unwritten.push({ ...open, counts, items, lastOutcomeAtMs });
      open = null;
      counts = NO_COUNTS;
      items = [];
    }
    let summary: RunSummary | null = null;
    for (let ending = unwritten.shift(); ending !== undefined; ending = unwritten.shift()) {
      try {
        summary = await write(ending);
      } catch (error) {
        unwritten.unshift(ending); // for the next time that somebody ends a run
        throw error;
      }
    }
    return summary;
  };

  const write = async ({ id, openedAtMs, ...ending }: EndedRun): Promise<RunSummary> => {
    const run = await id;
    const quietMs = () => performance.now() - ending.lastOutcomeAtMs;
    await ask(() => endRun(db, run, ending.counts, quietMs() / 1000));
    const workedMs = ending.lastOutcomeAtMs - Math.max(openedAtMs, tools.readyAtMs);
    return {
      run,
      ...ending.counts,
      seconds: Math.round(Math.max(0, workedMs)) / 1000,
      ...(tools.keepItems ? { items: ending.items } : {}),
    };
  };

  const endAsRecorded = async (): Promise<void> => {
    if (open === null) return;
    if (saving !== null) clearTimeout(saving);
    saving = null;
    const run = await open.id;
    await ask(() => closeAbandonedRuns(db, [run]));
    open = null;
  };

  return {
    current,
    end,
    endAsRecorded,
    add: (item) => {
      counts = addOutcome(counts, item);
      if (open === null) current().catch(() => undefined); // asked again by whoever needs it next
      lastOutcomeAtMs = performance.now();
      saveSoon();
      if (tools.keepItems) items.push(item);
      logOutcome(log, item);
      tools.onOutcome?.(item);
    },
    endIfQuiet: async (isInWork) => {
      const now = performance.now();
      const isQuiet = !isInWork && now - lastOutcomeAtMs >= QUIET_MS;
      const isOver = open !== null && (isQuiet || now - open.openedAtMs >= LONGEST_MS);
      if (!isOver && unwritten.length === 0) return;
      const summary = await end();
      if (summary !== null) log.info(summary, 'run ended');
    },
    counts: () => counts,
    lastOutcomeAgeMs: () => performance.now() - lastOutcomeAtMs,
  };
}

function logOutcome(log: Log, item: RunItem): void {
  // A hundred thousand of them in a sweep, and nearly nobody wants to read that.
  if ((item.outcome === 'ignored' || item.outcome === 'known') && !log.isLevelEnabled('debug')) return;
  const facts = Object.fromEntries(Object.entries(item).filter(([key, value]) => value !== null && key !== 'outcome'));
  const words = item.outcome; // one of seven, so the message is constant
  if (item.outcome === 'ignored' || item.outcome === 'known' || item.code === HELD) log.debug(facts, words);
  else if (item.outcome === 'failed') log.error(facts, words);
  else if (item.outcome === 'rejected' || item.code !== null || item.message !== null) log.warn(facts, words);
  else if (item.outcome === 'stored' || item.outcome === 'duplicate') log.info(facts, words);
  else log.debug(facts, words);
}
