import { findOpenFiles } from './check-case.ts';
import type { Target } from './every-call.ts';
import { labelOfQuery } from './query-fault.ts';
import { connectThrough, countQueries, laySnare, type QueryFaultCase, type QueryLane } from './query-lanes.ts';
import { atLast, type Finished, type Seen } from './run-case.ts';
import { NOT_THE_DISK, type Way } from './way.ts';
import type { WireFault } from './wire-proxy.ts';

/** Every query of a way when nothing is wrong, in order. */
export async function listWayQueries(lane: QueryLane, way: Way): Promise<Target[]> {
  await using opened = await open(lane, way, null);
  const { targets, result } = await countQueries(lane, labelOfQuery, () => opened.way.go(() => {}));
  if (result.end !== way.usual) throw new Error(`without any fault it ended as ${result.end}`);
  return targets;
}

/** Lets a fault of the database come, then lets the program finish what is left. @param finished of this way */
export async function runWayOverWire(lane: QueryLane, way: Way, at: QueryFaultCase, finished: Finished): Promise<Seen> {
  await using opened = await open(lane, way, at.fault);
  const { places, check: checkWith, go, finish } = opened.way;
  const snare = laySnare(lane, at, labelOfQuery);
  const { end } = await go(snare.disarm);
  snare.disarm();
  const check = checkWith(NOT_THE_DISK);
  const left = await findOpenFiles([places.inboxDir, places.storageDir]);
  const wrong = [
    ...(await check.instant()),
    ...left.map((path) => `left open: ${path}`),
    ...(await snare.findWrong()),
    ...(await atLast(check, finished, finish)),
  ];
  return { end, wrong };
}

async function open(lane: QueryLane, way: Way, fault: WireFault | null) {
  await using opening = new AsyncDisposableStack();
  const { bench, database, proxy } = lane;
  proxy.onQuery = () => null;
  const connection = opening.use(connectThrough(lane, fault));
  const opened = opening.use(await way.open({ bench, database, connection, aside: (look) => look() }));
  const stack = opening.move();
  return { way: opened, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
