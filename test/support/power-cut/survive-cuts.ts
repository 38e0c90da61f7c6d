import type postgres from 'postgres';
import { FactoryError } from '../../../src/errors.ts';
import { interposeDisk } from '../interpose/disk.ts';
import { findWrongs } from './aftermath.ts';
import type { History } from './history.ts';
import { rowsAt } from './ledger-at.ts';
import type { PowerLibrary } from './library.ts';
import { materialize } from './materialize.ts';
import { sha256Of } from './possible.ts';
import type { PowerCase } from './power-case.ts';
import type { Random } from './random.ts';
import { type RecordedCase, viewsOf } from './record-case.ts';
import { findRelocateWrongs, relocateAgain } from './relocate-aftermath.ts';
import { type DiskState, type DrawnFrom, drawState } from './state.ts';
import { LEDGER_TABLES, type LedgerRow, type LedgerRows } from './trace.ts';
import { findUndoWrongs } from './undo-aftermath.ts';
import { onVolumes } from './volumes.ts';

/** A power cut that the program did not get over well, in words. */
export type Aftermath = {
  readonly moment: number;
  readonly from: DrawnFrom;
  readonly disk: readonly string[];
  readonly wrongs: readonly string[];
};

/**
 * Draws states that power cuts may leave, makes each of them real, starts the program there, and looks at what comes of it.
 * A state that was drawn before is drawn anew; fewer than asked for are tried when there are not so many.
 *
 * @returns those after which something was wrong
 */
export async function surviveCuts(
  powerCase: PowerCase,
  { library, history }: RecordedCase,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<readonly Aftermath[]> {
  const { layout } = library;
  const views = viewsOf(powerCase, layout);
  const anyState = powerCase.atomicRenames === true ? 'atomic renames' : 'posix';
  const seen = new Set<string>();
  const bad: Aftermath[] = [];
  for (let tries = 0; tries < count * 3 && seen.size < count; tries += 1) {
    const moment = random.below(history.trace.lastMoment + 1);
    const from = random.pick<DrawnFrom>([anyState, anyState, 'journal']);
    const { view } = random.pick(views);
    const state = drawState(history, { moment, view, from }, random);
    const rows = random.pick(rowsAt(history.trace, moment).possible);
    const key = keyOf(state, rows);
    if (seen.has(key)) continue;
    seen.add(key);
    await materialize(library, history, { moment, state, rows, keepsCtime: random.below(2) === 0 });
    const startsFirst = powerCase.undoes === true && random.below(2) === 0;
    const wrongs = await restart(powerCase, library, { history, state, rows, startsFirst });
    const disk = state.files.map(({ path, bytes }) => `${path} (${bytes.length} bytes)`);
    if (wrongs.length > 0) bad.push({ moment, from, disk, wrongs });
  }
  return bad;
}

async function restart(
  powerCase: PowerCase,
  library: PowerLibrary,
  before: {
    readonly history: History;
    readonly state: DiskState;
    readonly rows: LedgerRows;
    /** Where `undo` was cut off: whether there is a start before the next one. */
    readonly startsFirst: boolean;
  },
): Promise<readonly string[]> {
  const { layout, database } = library;
  using _volumes = await interposeDisk([library.root], onVolumes(powerCase.volumes, layout));
  if (powerCase.undoes === true) {
    if (before.startsFirst) await library.ingest();
    await library.undo().catch(orNothingLeft);
    return findUndoWrongs(before, { layout, rows: await readRows(database.sql) });
  }
  if (powerCase.relocates === true) {
    await relocateAgain(library, before.rows);
    await library.ingest();
    return findRelocateWrongs(before.rows, library, await readRows(database.sql));
  }
  const first = await library.ingest();
  // What was given its name back a moment ago may have been too young.
  const summary = first.deferred > 0 ? await library.ingest() : first;
  const rows = await readRows(database.sql);
  return findWrongs(before, { layout, rows, summary }, library.policy);
}

function orNothingLeft(error: unknown): void {
  if (!(error instanceof FactoryError && error.code === 'RUN_NOT_UNDOABLE')) throw error;
}

async function readRows(sql: postgres.Sql): Promise<LedgerRows> {
  const rows: Record<string, readonly LedgerRow[]> = {};
  for (const table of LEDGER_TABLES) rows[table] = await sql<LedgerRow[]>`SELECT * FROM ${sql(table)}`;
  return rows as LedgerRows;
}

function keyOf({ folders, files }: DiskState, rows: LedgerRows): string {
  const told = files.map(({ path, bytes, mtimeNs }) => [path, sha256Of(bytes), String(mtimeNs)]);
  return JSON.stringify([folders, told, rows]);
}
