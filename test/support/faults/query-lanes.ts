import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../../../src/ledger/connect.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import type { CallFault, Menace, Target } from './every-call.ts';
import { type FaultBench, IN_MEMORY, openFaultBench } from './fault-bench.ts';
import { isTriedAgain, QUERY_FAULTS } from './query-fault.ts';
import { nameOfWireFault, openWireProxy, type WireFault, type WireProxy } from './wire-proxy.ts';

/** A fault of the database at one of its queries. */
export type QueryFaultCase = Target & CallFault<WireFault>;

/** Where faults of the database are played: it can be reached directly, and by a way on which they lie in wait. */
export type QueryLane = { readonly bench: FaultBench; readonly database: TestDatabase; readonly proxy: WireProxy };

const LANES = 6;
/** Long enough for any answer on a busy machine. */
const PATIENT_MS = 60_000;
/** A query that is never answered is waited for so long. */
const IMPATIENT_MS = 2500;
const CONNECTIONS = 3;
/** A connection that was closed takes a moment to be gone. */
const CLOSING_TRIES = 50;
const CLOSING_MS = 20;

/** All that can befall a query. */
export const ON_THE_WIRE: Menace<WireFault, QueryLane> = {
  faults: QUERY_FAULTS,
  nameOf: nameOfWireFault,
  canBefall: () => true,
  openLanes: () => openQueryLanes(LANES),
};

export async function openQueryLanes(count: number): Promise<AsyncDisposable & { readonly lanes: QueryLane[] }> {
  await using opening = new AsyncDisposableStack();
  const bench = opening.use(await openFaultBench(IN_MEMORY));
  const lanes: QueryLane[] = [];
  for (let n = 0; n < count; n += 1) {
    const database = opening.use(await createTestDatabase());
    lanes.push({ bench, database, proxy: opening.use(await openWireProxy(database.address)) });
  }
  const stack = opening.move();
  return { lanes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The way on which faults lie in wait. @param fault what is expected on it; null for nothing */
export function connectThrough({ proxy }: Pick<QueryLane, 'proxy'>, fault: WireFault | null): Connection {
  const isSilent = fault?.kind.startsWith('silence') === true;
  return connect(proxy.address, {
    max: CONNECTIONS,
    applicationName: 'photo-factory',
    answerMs: isSilent ? IMPATIENT_MS : PATIENT_MS,
  });
}

/** Counts the queries of some work by their labels, as they come. */
export async function countQueries<T>(
  { proxy }: Pick<QueryLane, 'proxy'>,
  labelOf: (sql: string) => string,
  work: () => Promise<T>,
): Promise<{ readonly targets: Target[]; readonly result: T }> {
  const targets: Target[] = [];
  proxy.onQuery = (sql) => {
    const label = labelOf(sql);
    const nth = targets.filter((other) => other.label === label).length + 1;
    targets.push({ label, nth });
    return null;
  };
  const result = await work();
  proxy.onQuery = () => null;
  return { targets, result };
}

/** Waits at a query for a way to come by. */
export function laySnare(
  { proxy }: Pick<QueryLane, 'proxy'>,
  { label, nth, fault, lasting }: QueryFaultCase,
  labelOf: (sql: string) => string,
) {
  let isArmed = true;
  let seen = 0;
  let hits = 0;
  const met = Promise.withResolvers<void>();
  proxy.onQuery = (sql) => {
    if (!isArmed || labelOf(sql) !== label) return null;
    seen += 1;
    if (seen < nth || (lasting === 'once' && hits > 0)) return null;
    hits += 1;
    // What is tried again is an outage only after a few times, and the photo beside it must not end that before.
    if (lasting === 'once' || !isTriedAgain(fault)) met.resolve();
    return fault;
  };
  return {
    /** Resolves when the fault has come. */
    met: met.promise,
    disarm: () => {
      isArmed = false;
      met.resolve();
    },
    /** What is wrong with the connections, whatever the work came to. */
    findWrong: async () => {
      const isClosing = () => proxy.silent() > 0 || proxy.open() > CONNECTIONS;
      for (let tries = 0; isClosing() && tries < CLOSING_TRIES; tries += 1) await sleep(CLOSING_MS);
      const silent = proxy.silent();
      return [
        ...(hits === 0 ? ['the fault never came'] : []),
        ...(silent > 0 ? [`${silent} connection(s) are kept that never answer`] : []),
        ...(proxy.open() > CONNECTIONS ? [`${proxy.open()} connections are open`] : []),
      ];
    },
  };
}
