import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import type { TestDatabase } from '../database.ts';
import { jpeg, sha256 } from '../ingest-rig.ts';
import { checkEnd } from '../library-check/check-end.ts';
import { checkInstant } from '../library-check/check-instant.ts';
import type { Expected, ExpectedArrival } from '../library-check/expected.ts';
import { readLibraryState } from '../library-check/library-state.ts';
import { findOpenFiles } from './check-case.ts';
import { emptyLedger } from './empty-ledger.ts';
import type { Target } from './every-call.ts';
import { endOf, type FaultLibrary } from './fault-bench.ts';
import { labelOfQuery } from './query-fault.ts';
import { connectThrough, countQueries, laySnare, type QueryFaultCase, type QueryLane } from './query-lanes.ts';
import { dropPhoto, PHOTO, type Scenario } from './scenarios.ts';
import { stoppedBy } from './stopped-by.ts';
import type { WireFault } from './wire-proxy.ts';

/** Who files: the command, or a worker of the daemon, which takes a file up again after an outage. */
export type Actor = 'ingest' | 'the librarian';

/** The n-th query of a name, asked for the photo itself or for the healthy one beside it. */
export type QueryTarget = Target & { readonly isOwn: boolean };

export type QueryCase = QueryTarget & QueryFaultCase;

export type QuerySeen = { readonly end: string; readonly wrong: readonly string[] };

const HEALTHY = jpeg('a healthy one');
const HEALTHY_TIME = '2023-01-02T03:04:05Z';

/** Every query of a way when nothing is wrong, in order. */
export async function listQueries(lane: QueryLane, scenario: Scenario, actor: Actor): Promise<QueryTarget[]> {
  await using made = await prepare(lane, scenario, null);
  let ownQueries = Number.POSITIVE_INFINITY;
  let count = 0;
  const { targets, result: end } = await countQueries(
    lane,
    (sql) => {
      count += 1;
      return labelOfQuery(sql);
    },
    () =>
      play(made.library, actor, {
        onBeside: () => {
          ownQueries = count;
        },
      }),
  );
  if (end !== usualEnd(scenario, actor)) throw new Error(`without any fault it ended as ${end}`);
  return targets.map((target, index) => ({ ...target, isOwn: index < ownQueries }));
}

export function usualEnd({ usual }: Scenario, actor: Actor): string {
  if (actor === 'the librarian') return usual;
  const [outcome = ''] = usual.split(' ');
  return outcome === 'stored' ? 'stored 2' : `${outcome} 1, stored 1`;
}

/** Lets a photo meet a fault beside a healthy photo, then lets the next ingest finish what is left. */
export async function runQueryCase(
  lane: QueryLane,
  scenario: Scenario,
  actor: Actor,
  at: QueryCase,
): Promise<QuerySeen> {
  await using made = await prepare(lane, scenario, at.fault);
  const { library, expected } = made;
  const { inboxDir, storageDir } = library.config;
  const snare = laySnare(lane, at, labelOfQuery);
  const end = await play(library, actor, { onOutage: snare.disarm, met: snare.met });
  snare.disarm();
  const wrong: string[] = [];
  const look = () => readLibraryState({ inboxDir, storageDir, sql: lane.database.sql });
  // What was missing before anything began is whole in its duplicate only.
  const isThere = ({ path }: ExpectedArrival) => scenario.isMissing !== true || !path.endsWith('/first.jpg');
  wrong.push(...checkInstant(await look(), { ...expected, arrivals: expected.arrivals.filter(isThere) }));
  wrong.push(...(await findOpenFiles([inboxDir, storageDir])).map((path) => `left open: ${path}`));
  wrong.push(...(await snare.findWrong()));

  await library.ingest(lane.database); // another process
  wrong.push(...checkEnd(await look(), expected).map((what) => `at last: ${what}`));
  return { end, wrong };
}

type Playing = {
  /** Told of each outage; when it returns, work goes on. */
  readonly onOutage?: () => void;
  /** From then on there is another photo beside it; at the latest when it is filed. */
  readonly met?: Promise<void>;
  readonly onBeside?: () => void;
};

/** How all ended. */
async function play(library: FaultLibrary, actor: Actor, { onOutage, met, onBeside }: Playing): Promise<string> {
  const { inboxDir } = library.config;
  if (actor === 'ingest') return ingest(library);
  const opened = await library.open();
  const filing = opened.file(await lookAtFile(join(inboxDir, 'a.jpg')), onOutage);
  await (met === undefined ? filing : Promise.race([met, filing]));
  onBeside?.();
  const beside = endOf(await opened.file(await lookAtFile(join(inboxDir, 'healthy.jpg')), onOutage));
  const end = endOf(await filing);
  return /^(paused database → )*stored$/.test(beside) ? end : `${end}, and the healthy photo: ${beside}`;
}

async function ingest(library: FaultLibrary): Promise<string> {
  try {
    const { items = [] } = await library.ingest();
    const ends = items.map(({ outcome, code }) => (outcome === 'failed' ? `failed ${code}` : outcome)).sort();
    return [...new Set(ends)].map((end) => `${end} ${ends.filter((other) => other === end).length}`).join(', ');
  } catch (error) {
    const { exitCode, stopped } = stoppedBy(error);
    return `${exitCode} ${stopped}`;
  }
}

/**
 * What `ingest` files, it files one after the other: two in work share a query or not, as it happens, so the n-th would not always come,
 * and what fails for both is asked again for each.
 */
const IN_TURN = { INGEST_CONCURRENCY: '1' };

async function prepare(lane: QueryLane, scenario: Scenario, fault: WireFault | null) {
  await using opening = new AsyncDisposableStack();
  const { bench, database } = lane;
  lane.proxy.onQuery = () => null;
  await emptyLedger(database);
  const connection = opening.use(connectThrough(lane, fault));
  const { kind } = scenario;
  const inTurn = { ...kind, settings: { ...kind.settings, ...IN_TURN } };
  const library = opening.use(await bench.createLibrary(connection, inTurn));
  await scenario.prepare?.(library);
  if (!(await library.inbox()).includes('a.jpg')) await dropPhoto(library);
  await library.drop('healthy.jpg', HEALTHY, HEALTHY_TIME);
  const expected = await expect(library, scenario, database);
  const stack = opening.move();
  return { library, expected, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function expect(library: FaultLibrary, scenario: Scenario, database: TestDatabase): Promise<Expected> {
  const { inboxDir } = library.config;
  const { mtimeNs } = await lstat(join(inboxDir, 'a.jpg'), { bigint: true });
  const [outcome = '', code = null] = scenario.usual.split(' ');
  const isRejected = outcome === 'rejected';
  const photo = sha256(PHOTO);
  const content = isRejected ? sha256(NO_PHOTO) : photo;
  const before = await database.sql<{ path: string; finalPath: string }[]>`
    SELECT original_path AS path, final_path AS "finalPath" FROM media_assets`;
  const arrival = (path: string, hash: string, outcomes: string[]): ExpectedArrival => ({
    ...{ path, sha256: hash, mtimeNs, outcomes, stays: false },
  });
  return {
    arrivals: [
      // Whoever is cut off between putting an original back and saying so finds a plain duplicate.
      { ...arrival(join(inboxDir, 'a.jpg'), content, [outcome]), ...(isRejected ? { code } : {}), stays: isRejected },
      { ...arrival(join(inboxDir, 'healthy.jpg'), sha256(HEALTHY), ['stored']), mtimeNs: nsOf(HEALTHY_TIME) },
      ...before.map(({ path }) => arrival(path, photo, ['stored'])),
    ],
    originals: [...(isRejected ? [] : [photo]), sha256(HEALTHY)],
    setAside: [],
    untouched: [],
    unlinked: [],
    missingAtFirst: scenario.isMissing === true ? before.map(({ finalPath }) => finalPath) : [],
    movable: [],
    together: [],
    mtimeToleranceNs: 1000n,
  };
}

function nsOf(instant: string): bigint {
  return BigInt(Date.parse(instant)) * 1_000_000n;
}

const NO_PHOTO = 'no photo at all';

/** What the ledger can be asked for: each of its queries is on one of these ways. */
export const LEDGER_WAYS: readonly Scenario[] = [
  { name: 'new', kind: {}, usual: 'stored' },
  {
    name: 'none by its content',
    kind: {},
    usual: 'rejected NOT_MEDIA',
    prepare: async (library) => void (await library.drop('a.jpg', Buffer.from(NO_PHOTO))),
  },
];
