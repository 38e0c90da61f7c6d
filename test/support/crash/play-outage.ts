import { connect, type DatabaseAddress } from '../../../src/ledger/connect.ts';
import { killDatabase, untilDatabaseAnswers } from './kill-database.ts';
import { live } from './life.ts';
import { doneWith, finish, lookAtEnd, lookAtInstant, type Play, type Played, unlikeExit } from './play.ts';
import { openStage, type StagedLibrary } from './stage.ts';
import type { Volumes } from './volumes.ts';

/** A server that may be killed and is started again by somebody else. */
export type OutagePlace = {
  readonly address: DatabaseAddress;
  /** The server's data folder. */
  readonly cluster: string;
  readonly volumes: Volumes;
  readonly compileCache: string;
};

type Outage = {
  readonly victim: 'database' | 'both';
  /** Whether the moment comes before the first look into the inbox. */
  readonly duringStart: boolean;
};

/** Kills the database at the first of the moments, and the program with it when told so. */
export async function playOutage(
  place: OutagePlace,
  { crashCase, moments, restart }: Play,
  { victim, duringStart }: Outage,
): Promise<Played> {
  const { address, cluster } = place;
  await using opening = new AsyncDisposableStack();
  const open = () => {
    const { sql } = connect(address, { max: 2, applicationName: 'photo-factory test' });
    opening.defer(() => sql.end({ timeout: 0 }));
    return sql;
  };
  const stage = opening.use(await openStage({ address, sql: open() }, place));
  const library = opening.use(await stage.layOut(crashCase));
  // No connection from before the kill is asked afterwards.
  let known: StagedLibrary = library;
  const [at = ''] = moments;
  const meet = async () => {
    await killDatabase(cluster, address, { whenIdle: at.startsWith('sent') });
    known = { ...library, layout: { ...library.layout, sql: open() } };
    return victim === 'both' ? ('kill it' as const) : ('let it go on' as const);
  };
  const { command, calls } = crashCase;
  const life = await live(library, { command, at, calls, meet, isDone: () => doneWith(known)() });
  await untilDatabaseAnswers(address);
  known = { ...library, layout: { ...library.layout, sql: open() } };

  const broken = life.leftBehind.map((what) => `left running: ${what}`);
  if (victim === 'both' && life.wasMet) broken.push(...(await lookAtInstant(known, 'after both were killed')));
  if (victim === 'database') {
    // A start cannot be made without a database, and `ingest` waits for none; a daemon at work does.
    const mayGiveUp = command === 'ingest' || duringStart;
    if (life.exitCode === 10 && mayGiveUp) broken.push(...(await lookAtInstant(known, 'after giving up')));
    else broken.push(...unlikeExit(life, command, known), ...(await lookAtEnd(known)));
  }
  broken.push(...(await finish(known, restart)));
  return { moment: at, met: life.wasMet ? 1 : 0, broken };
}
