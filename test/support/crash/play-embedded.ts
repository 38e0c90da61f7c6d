import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type DatabaseAddress } from '../../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { findServerProcesses } from '../../../src/ledger/embedded/postmaster.ts';
import { migrateUp } from '../../../src/ledger/migrate.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../../../src/ledger/migrations.ts';
import { openLog } from '../../../src/log.ts';
import { checkEnd } from '../library-check/check-end.ts';
import { readLibraryState } from '../library-check/library-state.ts';
import type { CrashCase } from './crash-case.ts';
import { killDatabase } from './kill-database.ts';
import { type EndOfLife, type Life, live } from './life.ts';
import { doneWith, type Played } from './play.ts';
import { openStage, type StagedLibrary } from './stage.ts';
import type { Volumes } from './volumes.ts';

/** A data folder of the program's own PostgreSQL, which it starts, adopts and stops by itself. */
export type EmbeddedPlace = { readonly dataDir: string; readonly volumes: Volumes; readonly compileCache: string };

export type EmbeddedPlay = {
  readonly crashCase: CrashCase;
  readonly moment: string;
  readonly victim: 'program' | 'database' | 'both';
  readonly restart: 'start' | 'ingest';
};

/** Kills the program, its embedded PostgreSQL or both at the moment; afterwards no server may be left running. */
export async function playEmbedded(place: EmbeddedPlace, play: EmbeddedPlay): Promise<Played> {
  const { crashCase, moment, victim, restart } = play;
  const cluster = join(place.dataDir, 'postgres', '18');
  await using opening = new AsyncDisposableStack();
  const { library, address } = await layOut(opening, place, crashCase);
  const open = () => {
    const { sql } = connect(address, { max: 1, applicationName: 'photo-factory test' });
    opening.defer(() => sql.end({ timeout: 0 }));
    return sql;
  };
  // No connection from before the kill is asked afterwards.
  let known = open();
  const meet = async () => {
    await killDatabase(cluster, address, { whenIdle: moment.startsWith('sent') });
    known = open();
    return victim === 'both' ? ('kill it' as const) : ('let it go on' as const);
  };
  const { command, calls } = crashCase;
  const lives = async (command: Life['command'], at: string | null) => {
    const isSettled = doneWith(() => ({ layout: { ...library.layout, sql: known } }));
    const isDone = async () => isEmpty(library) && (await isSettled());
    return live(library, { command, at, calls, meet: victim === 'program' || at === null ? 'kill' : meet, isDone });
  };

  const first = await lives(command, moment);
  const broken = unlikeDeath(first, victim, command);
  if (first.exitCode !== 0) {
    const last = await lives(restart, null);
    if (last.exitCode !== 0) broken.push(`"${restart}" ended with exit code ${last.exitCode}: ${last.stderr}`);
  }
  if ((await serversLeft(cluster)).length > 0) broken.push('left running: its PostgreSQL');
  broken.push(...(await lookAtEnd(place, library)));
  return { moment, met: first.wasMet ? 1 : 0, broken };
}

/** Does it on the embedded server itself, which stops again before the program comes. */
async function layOut(
  opening: AsyncDisposableStack,
  place: EmbeddedPlace,
  crashCase: CrashCase,
): Promise<{ library: StagedLibrary; address: DatabaseAddress }> {
  await using server = await openServer(place);
  await using connection = connect(server.address, { max: 1, applicationName: 'photo-factory test' });
  await migrateUp(connection, await readMigrations(MIGRATIONS_FOLDER));
  const stage = opening.use(await openStage({ address: server.address, sql: connection.sql }, place));
  const library = opening.use(await stage.layOut(crashCase));
  const env = { ...library.env, DATABASE_URL: '', DATA_DIR: place.dataDir };
  return { library: { ...library, env }, address: server.address };
}

function openServer({ dataDir }: EmbeddedPlace) {
  return openEmbeddedPostgres({ dataDir, log: openLog({ logLevel: 'fatal', logPretty: false }) });
}

function unlikeDeath({ wasKilled, exitCode, stderr }: EndOfLife, victim: EmbeddedPlay['victim'], command: string) {
  if (victim !== 'database') return wasKilled ? [] : [`"${command}" was not killed, and ended with ${exitCode}`];
  // A daemon starts its database again and goes on; `ingest` may give up, and is to be run again.
  const isExpected = exitCode === 0 || (command === 'ingest' && exitCode === 10);
  return isExpected ? [] : [`"${command}" ended with exit code ${exitCode}: ${stderr}`];
}

/** As far as it can be told without the database. */
function isEmpty({ layout: { storageDir, expected } }: StagedLibrary): boolean {
  const leaving = join(storageDir, '.photo-factory/leaving');
  const isAnythingLeaving = existsSync(leaving) && readdirSync(leaving).length > 0;
  return !isAnythingLeaving && !expected().arrivals.some(({ path }) => existsSync(path));
}

async function serversLeft(cluster: string): Promise<readonly number[]> {
  for (let tries = 0; tries < 250 && findServerProcesses(cluster).length > 0; tries += 1) await sleep(20);
  return findServerProcesses(cluster);
}

async function lookAtEnd(place: EmbeddedPlace, { layout }: StagedLibrary): Promise<string[]> {
  await using server = await openServer(place);
  await using connection = connect(server.address, { max: 1, applicationName: 'photo-factory test' });
  return checkEnd(await readLibraryState({ ...layout, sql: connection.sql }), layout.expected());
}
