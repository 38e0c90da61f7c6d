import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { within } from '../../../src/ledger/within.ts';
import { checkEnd, checkSettled } from '../library-check/check-end.ts';
import { checkInstant } from '../library-check/check-instant.ts';
import { type LibraryState, readLibraryState } from '../library-check/library-state.ts';
import type { CrashCase } from './crash-case.ts';
import type { Restarts } from './fingerprint.ts';
import { type EndOfLife, live } from './life.ts';
import type { Stage, StagedLibrary } from './stage.ts';

/** One story: a library, some deaths, and a life that finishes the work. */
export type Play = {
  readonly crashCase: CrashCase;
  /** Where each life but the last is met. */
  readonly moments: readonly string[];
  readonly restart: 'start' | 'ingest';
};

export type Played = {
  readonly moment: string;
  /** How many of the moments came. */
  readonly met: number;
  /** What is broken, in words; none when all promises hold. */
  readonly broken: readonly string[];
};

/** What stands for the moment in a life that went to its end. */
export const NO_KILL = 'no kill';

/** The driver may wait for ever for an answer on a connection that was cut. */
const ANSWER_MS = 5000;

/** After half of the moments the daemon finishes, after the others `ingest`; always the same for the same moment. */
export function restartFor(moment: string): 'start' | 'ingest' {
  return Buffer.from(moment).reduce((sum, byte) => sum + byte, 0) % 2 === 0 ? 'start' : 'ingest';
}

/**
 * Kills the program at each of the moments, checks what it left, and lets a last life finish.
 *
 * @param restarts when given, there is no last life after a kill that left what an earlier one left
 */
export async function playCrash(
  stage: Stage,
  { crashCase, moments, restart }: Play,
  restarts: Restarts | null = null,
): Promise<Played> {
  await using library = await stage.layOut(crashCase);
  const broken: string[] = [];
  let met = 0;
  let finishWith: 'start' | 'ingest' | null = restart;
  for (const [index, at] of moments.entries()) {
    const command = index === 0 ? crashCase.command : restart;
    const life = await live(library, {
      command,
      args: index === 0 ? crashCase.args : [],
      at,
      calls: crashCase.calls,
      meet: 'kill',
      isDone: doneWith(() => library),
    });
    broken.push(...life.leftBehind.map((what) => `left running: ${what}`));
    if (!life.wasKilled) {
      broken.push(...unlikeExit(life, command, library));
      break;
    }
    met += 1;
    const state = await readAlone(library);
    const found = checkInstant(state, library.layout.expected());
    broken.push(...found.map((what) => `after kill ${index + 1}: ${what}`));
    if (index === moments.length - 1 && restarts !== null) finishWith = restarts.choose(state, restart);
  }
  if (finishWith !== null) {
    if (crashCase.command === 'redate') broken.push(...(await askAgain(library, crashCase)));
    broken.push(...(await finish(library, finishWith)));
  }
  return { moment: moments[0] ?? '', met, broken };
}

/** Lets a life go to its end, and checks what it left; its traces tell which moments there are. */
export async function playWhole(
  stage: Stage,
  crashCase: CrashCase,
): Promise<Played & Pick<EndOfLife, 'trace' | 'traceToStop'>> {
  await using library = await stage.layOut(crashCase);
  const { command, args, calls } = crashCase;
  const life = await live(library, { command, args, at: null, calls, meet: 'kill', isDone: doneWith(() => library) });
  const broken = [...unlikeExit(life, command, library), ...(await lookAtEnd(library))];
  return { moment: NO_KILL, met: 0, broken, trace: life.trace, traceToStop: life.traceToStop };
}

/** A person who saw a command die gives it again. */
async function askAgain(library: StagedLibrary, { command, args }: CrashCase): Promise<string[]> {
  const life = await live(library, { command, args, at: null, calls: 'all', meet: 'kill', isDone: async () => false });
  return unlikeExit(life, command, library);
}

/** A last life that must end well, and with everything as it should be. */
export async function finish(library: StagedLibrary, command: 'start' | 'ingest'): Promise<string[]> {
  const life = await live(library, { command, at: null, calls: 'all', meet: 'kill', isDone: doneWith(() => library) });
  return [
    ...life.leftBehind.map((what) => `left running: ${what}`),
    ...unlikeExit(life, command, library),
    ...(await lookAtEnd(library)),
  ];
}

/** What is wrong with how a life ended that was not met. */
export function unlikeExit({ exitCode, stderr }: EndOfLife, command: string, { layout }: StagedLibrary): string[] {
  const hasFindings = layout.expected().arrivals.some(({ outcomes }) => outcomes.includes('rejected'));
  const expected = command === 'ingest' && hasFindings ? 3 : 0;
  return exitCode === expected ? [] : [`"${command}" ended with exit code ${exitCode}: ${stderr}`];
}

/** What is broken between two lives. */
export async function lookAtInstant(library: StagedLibrary, when: string): Promise<string[]> {
  return checkInstant(await readAlone(library), library.layout.expected()).map((what) => `${when}: ${what}`);
}

/** What is broken after the last life. */
export async function lookAtEnd(library: StagedLibrary): Promise<string[]> {
  return checkEnd(await readAlone(library), library.layout.expected()).map((what) => `at the end: ${what}`);
}

async function readAlone({ layout }: StagedLibrary): Promise<LibraryState> {
  await untilAlone(layout.sql);
  return await readLibraryState(layout);
}

/**
 * Whether a daemon has done all that was expected of it. Told to stop before the inbox was walked once, it would leave it
 * to the next start to close the runs of those who died before.
 */
export function doneWith(libraryNow: () => Pick<StagedLibrary, 'layout'>): () => Promise<boolean> {
  const bornAt = new Date().toISOString();
  return async () => {
    const { layout } = libraryNow();
    const { arrivals } = layout.expected();
    if (arrivals.some(({ path, stays }) => !stays && existsSync(path))) return false; // asked often, so cheap first
    const reading = within(
      ANSWER_MS,
      layout.sql<{ hasLegacy: boolean }[]>`
        SELECT EXISTS (SELECT FROM ingest_runs WHERE ended_at IS NULL AND started_at < ${bornAt}::timestamptz) AS "hasLegacy"`.then(
        async ([run]) => (run?.hasLegacy === false ? await readLibraryState(layout) : null),
      ),
    );
    const state = await reading.catch((): LibraryState | null => null); // the database may be away
    return state !== null && checkSettled(state, layout.expected()).length === 0;
  };
}

/** A killed program's last query may still be running. */
async function untilAlone(sql: postgres.Sql): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const [others] = await sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'photo-factory test'`;
    if (others?.count === 0) return;
    await sleep(10);
  }
  throw new Error('sessions of a program that ended are still open');
}
