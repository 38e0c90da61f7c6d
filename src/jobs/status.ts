import { lstat } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { ServiceColour } from '../core/service-health.ts';
import { EXIT, FactoryError, reasonOf, systemCodeOf } from '../errors.ts';
import { readInbox } from '../io/inbox/read-inbox.ts';
import type { Connection, Database } from '../ledger/connect.ts';
import { countOpenFindings } from '../ledger/findings.ts';
import { readServiceStatuses } from '../ledger/heartbeats.ts';
import {
  type RecentProblem,
  readFindingsAsProblems,
  readHeldPaths,
  readPendingWork,
  readRecentRuns,
  readStoredTotals,
  readTroubledArrivals,
  readTroubledAssets,
} from '../ledger/overview.ts';
import { readVerificationState } from '../ledger/verification.ts';
import type { Answer, Page } from './answer.ts';
import type { FactoryStatus, InboxStatus, LedgerStatus, ServiceLight } from './factory-status.ts';
import { statusInWords } from './status-in-words.ts';
import { sumOf } from './verify/verify-in-words.ts';

type Tools = {
  readonly config: Config;
  /** Opens the ledger, or says why it cannot be used. */
  readonly openLedger: () => Promise<{ readonly connection: Pick<Connection, 'db'> } & AsyncDisposable>;
  readonly page: Page;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
};

const INBOX_LIMIT = 10_000;
const RUNS = 5;
const ARRIVALS = 10;
const ASSETS = 3;
const FINDINGS = 5;

/** Shows how the factory is, also beside a running daemon, also when the database is down. */
export async function showStatus({ config, openLedger, page, nowMs, signal }: Tools): Promise<Answer> {
  const inbox = await readInboxStatus(config.inboxDir, signal);
  const { ledger, problem } = await readLedger(openLedger, verifiedWithin(config), signal);
  const status: FactoryStatus = {
    colour: ledger === null ? 'red' : colourOf(ledger),
    database: { problem: problem === null ? null : { code: problem.code, message: problem.message } },
    inbox,
    ledger,
  };
  return {
    exitCode: problem?.exitCode ?? (status.colour === 'green' ? EXIT.ok : EXIT.findings),
    text: statusInWords(status, { ...page, mode: config.ingestMode, timeZone: config.defaultTimeZone, nowMs: nowMs() }),
    json: status,
  };
}

async function readInboxStatus(path: string, signal: AbortSignal): Promise<InboxStatus> {
  try {
    const { exists, files, isMore, bytes, oldestMs } = await readInbox(path, INBOX_LIMIT, signal);
    const oldestAt = oldestMs === null ? null : new Date(oldestMs).toISOString();
    return { path, exists, files, isMore, bytes, oldestAt, problem: null };
  } catch (error) {
    signal.throwIfAborted();
    return { path, exists: true, files: 0, isMore: false, bytes: 0, oldestAt: null, problem: reasonOf(error) };
  }
}

type LedgerReading = { readonly ledger: LedgerStatus | null; readonly problem: FactoryError | null };

async function readLedger(openLedger: Tools['openLedger'], days: number, signal: AbortSignal): Promise<LedgerReading> {
  try {
    await using opened = await openLedger();
    const { db } = opened.connection;
    const [services, stored, pending, held, runs, problems, verification, open] = await Promise.all([
      readServiceStatuses(db),
      readStoredTotals(db),
      readPendingWork(db),
      countHeld(db),
      readRecentRuns(db, RUNS),
      readProblems(db),
      readVerificationState(db, days),
      countOpenFindings(db),
    ]);
    const integrity = { ...verification, days, open };
    return {
      ledger: { services: withLibrarian(services.map(toLight)), stored, pending, held, runs, integrity, problems },
      problem: null,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FactoryError) return { ledger: null, problem: error };
    return { ledger: null, problem: new FactoryError('DATABASE_FAILED', { reason: reasonOf(error) }, error) };
  }
}

/**
 * What a person should look at: first files that could not be filed and still lie there (of one that somebody has taken
 * away there is nothing to do), then what is wrong with originals, then photos that are stored with an error.
 */
async function readProblems(db: Database): Promise<readonly RecentProblem[]> {
  const standing: RecentProblem[] = [];
  for (const arrival of await readTroubledArrivals(db, ARRIVALS * 10)) {
    if (standing.length < ARRIVALS && (await mayBeThere(arrival.path))) standing.push(arrival);
  }
  return [...standing, ...(await readFindingsAsProblems(db, FINDINGS)), ...(await readTroubledAssets(db, ASSETS))];
}

/** Of what is held, what somebody has taken away or renamed since is held no longer. */
async function countHeld(db: Database): Promise<LedgerStatus['held']> {
  const paths = await readHeldPaths(db, INBOX_LIMIT + 1);
  let files = 0;
  for (const path of paths.slice(0, INBOX_LIMIT)) {
    if (await mayBeThere(path)) files += 1;
  }
  return { files, isMore: paths.length > INBOX_LIMIT };
}

async function mayBeThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    // A name that is not UTF-8 is recorded with its odd bytes spelt out, and cannot be asked for.
    return systemCodeOf(error) !== 'ENOENT' || path.includes('\\x');
  }
}

type Heard = Awaited<ReturnType<typeof readServiceStatuses>>[number];

function toLight({ serviceName, colour, status, currentTask, lastHeartbeat, ageSeconds }: Heard): ServiceLight {
  return { name: serviceName, colour, status, currentTask, lastHeartbeat, ageSeconds };
}

/** A librarian that was never heard is the first thing to know. */
function withLibrarian(services: readonly ServiceLight[]): readonly ServiceLight[] {
  if (services.some(({ name }) => name === 'librarian')) return services;
  const silent = { name: 'librarian', colour: 'red', status: 'ERROR', currentTask: null } as const;
  return [{ ...silent, lastHeartbeat: null, ageSeconds: null }, ...services];
}

/** `status` tells of the time in which every original is to be read again; without such a time, of the default one. */
function verifiedWithin({ verifyDays }: Pick<Config, 'verifyDays'>): number {
  return verifyDays === 0 ? 90 : verifyDays;
}

function colourOf({ services, integrity }: LedgerStatus): ServiceColour {
  const integrityColour = sumOf(integrity.open) === 0 ? 'green' : 'yellow';
  return worst([...services.map(({ colour }) => colour), integrityColour]);
}

function worst(colours: readonly ServiceColour[]): ServiceColour {
  return colours.includes('red') ? 'red' : colours.includes('yellow') ? 'yellow' : 'green';
}
