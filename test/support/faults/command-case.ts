import { basename } from 'node:path';
import type { Config } from '../../../src/config.ts';
import { EXIT } from '../../../src/errors.ts';
import type { TestDatabase } from '../database.ts';
import { checkInstant, findOpenFiles, type Known } from './check-case.ts';
import type { Rule } from './command-expectations.ts';
import type { Command, CommandEnd, CommandTools } from './commands.ts';
import { countCalls, type DiskCase, type Lane, layAmbush } from './disk-lanes.ts';
import type { Target, Tested } from './every-call.ts';
import { type FaultBench, type FaultLibrary, LIBRARY_ID, type LibraryKind } from './fault-bench.ts';
import { findForeign, readLines } from './library-lines.ts';
import { asVolume } from './volume.ts';

/** A command that is given in a library that was prepared for it. */
export type CommandScenario = Tested & {
  readonly kind: LibraryKind;
  /** The same as `always`, of faults of the database. */
  readonly alwaysOverWire?: readonly string[];
  readonly volume?: 'no links' | 'clones';
  readonly give: Command;
  readonly rules: readonly Rule[];
  /** Every photo there is, by its name in words. */
  readonly photos: ReadonlyMap<string, { readonly content: Buffer; readonly day: string }>;
  /** @returns the settings that the command is given */
  readonly prepare: (library: FaultLibrary, database: TestDatabase) => Promise<Config>;
  /** Broken by what was prepared, and mended by the command. */
  readonly excuses?: RegExp;
  /** Photos whose rows lead nowhere before. */
  readonly missing?: readonly string[];
  /** Photos that are lost before. */
  readonly lost?: readonly string[];
  /** It is refused as long as one photo is away. */
  readonly needsAll?: boolean;
  /** What is left of one that was stopped until the next `ingest`. */
  readonly settledLater?: RegExp;
  /** What is given afterwards, when it is not the same. */
  readonly again?: Command;
};

/** What a command does when nothing is wrong, and what it leaves. */
export type Usual = { readonly end: CommandEnd; readonly lines: readonly string[] };

export async function surveyCommand(lane: Lane, scenario: CommandScenario) {
  await using prepared = await prepare(lane, scenario);
  const { config } = prepared;
  const count = countCalls(config);
  const volume = asVolume(scenario.volume);
  const calls: Target[] = [];
  const end = await lane.ways.follow(
    (call, proceed) => {
      const target = count(call);
      // Folders above are those of other lanes, too.
      if (!target.label.includes('elsewhere')) calls.push(target);
      return volume(call, proceed);
    },
    () => scenario.give(toolsOf(lane), config),
  );
  if (end.stopped !== null) throw new Error(`without any fault it ended with ${end.stopped}: ${end.message}`);
  const usual: Usual = { end, lines: await readLines(config, lane.database.sql) };
  return { calls, usual };
}

export type CommandSeen = {
  /** `as usual`; the code of what stopped it; or the troubles that it has not usually. */
  readonly end: string;
  /** What is wrong whatever the end. */
  readonly wrong: readonly string[];
};

/** What a command does while a fault befalls one of its calls, and what is wrong then, and after it was given again. */
export async function runCommandCase(
  lane: Lane,
  scenario: CommandScenario,
  at: DiskCase,
  usual: Usual,
): Promise<CommandSeen> {
  await using prepared = await prepare(lane, scenario);
  const { config } = prepared;
  const { sql } = lane.database;
  const volume = asVolume(scenario.volume);
  const ambush = layAmbush(at, config, { volume });
  const end = await lane.ways.follow(ambush.follower, () => scenario.give(toolsOf(lane), config));
  ambush.disarm();

  const { photos, excuses = /^$/ } = scenario;
  const gone = at.fault.kind === 'vanish' ? photoOf(at.label) : null;
  const places = placesOf(scenario, config, lane.database, victimOf(at, scenario));
  const broken = [...(await checkInstant(places)), ...(await findForeign(config, photos))];
  const open = await findOpenFiles([config.inboxDir, config.storageDir]);
  const said = end.stopped === null ? [] : await findNoted(lane, usual);
  const before = [
    ...(ambush.hits() === 0 ? ['the fault never came'] : []),
    ...broken.filter((what) => !excuses.test(what)),
    ...open.map((path) => `left open: ${path}`),
    ...saysTooLittle(end, at, usual),
    ...said.map((finding) => `it was stopped, and noted: ${finding}`),
  ];

  const compare = async () =>
    compareLines(await readLines(config, sql), usual.lines, { gone, overlooked: overlookedBy(at) });
  const short = inShort(end, at, usual);
  const soon = short === 'as usual' ? await compare() : [];
  const again = await lane.ways.follow(volume, () => (scenario.again ?? scenario.give)(toolsOf(lane), config));
  const isDone = again.stopped === null || again.stopped === 'RUN_NOT_UNDOABLE';
  const isRefused = gone !== null && scenario.needsAll === true && again.exitCode === EXIT.storage;
  const after = isRefused ? [] : [...(isDone ? [] : [again.message]), ...(await compare())];
  const late = after.map((what) => `at last: ${what}`);
  return { end: short, wrong: [...before, ...soon.map((what) => `not really as usual: ${what}`), ...late] };
}

/** Before the name of a photo whose place in the inbox another one has taken. */
export const IN_PLACE_OF = 'what lies in the place of ';

/** The photo that somebody has taken away; null when nobody has. */
function victimOf({ label, fault }: DiskCase, { photos }: CommandScenario): string | null {
  const name = fault.kind === 'vanish' ? photoOf(label) : null;
  const other = `${IN_PLACE_OF}${name}`;
  return photos.has(other) && label.includes(' inbox/') ? other : name;
}

/** A library as `checkInstant` sees it. @param gone a photo that somebody has taken away */
export function placesOf(
  { photos, missing = [], lost = [] }: CommandScenario,
  config: Config,
  { sql }: TestDatabase,
  gone: string | null,
): Known {
  const taken = gone === null ? lost : [...lost, gone];
  return { ...config, sql, photos, taken, missing, stays: [], comesAgain: [], overlooked: null };
}

/** The photo that a call, or a file's name, is about; null when it is about all of them, or nobody knows about which. */
function photoOf(text: string): string | null {
  return /\b[abc]\.jpg/.exec(text.replaceAll('leaving/a.jpg', ''))?.[0] ?? null;
}

/**
 * What stays because it was said not to be there: a photo that `verify` finds, or a draft that nobody takes for one.
 *
 * @returns what there may be too much of
 */
function overlookedBy({ label, fault }: DiskCase): RegExp {
  if ('code' in fault && fault.code === 'ENOENT') {
    if (/^unlink inbox\/.*\.pf-undo/.test(label)) return /^inbox (sub\/)?\.pf-undo-\d+ /;
    if (label.startsWith('lstat ') && photoOf(label) !== null) return new RegExp(`^storage .*${photoOf(label)}`);
  }
  return NOTHING;
}

const NOTHING = /^$/;

/** What is there and is not wanted, or the other way round. */
export function compareLines(
  found: readonly string[],
  wanted: readonly string[],
  { gone, overlooked }: { readonly gone: string | null; readonly overlooked: RegExp } = {
    gone: null,
    overlooked: NOTHING,
  },
): string[] {
  const counts = (line: string) => gone === null || !line.includes(gone);
  return [
    ...wanted.filter((line) => counts(line) && !found.includes(line)).map((line) => `there is no ${line}`),
    ...found
      .filter((line) => counts(line) && !wanted.includes(line) && !overlooked.test(line))
      .map((line) => `there is ${line}`),
  ];
}

/** With `@` for the call's own file, or for any when it is about none; else with the file's name. */
function inShort(end: CommandEnd, { label }: Target, usual: Usual): string {
  const { exitCode, stopped } = end;
  if (stopped !== null) return `${exitCode} ${stopped}`;
  const more = unusualTroubles(end, usual);
  if (more.length === 0 && exitCode === usual.end.exitCode) return 'as usual';
  const own = photoOf(label);
  const named = more.map(({ path, code }) => `${code} ${own === null || own === photoOf(path) ? '@' : basename(path)}`);
  return [exitCode, ...new Set(named.sort())].join(' ');
}

function unusualTroubles({ troubles }: CommandEnd, usual: Usual) {
  const isUsual = ({ path, code }: (typeof troubles)[number]) =>
    usual.end.troubles.some((known) => basename(known.path) === basename(path) && known.code === code);
  return troubles.filter((trouble) => !isUsual(trouble));
}

/** What the system said must be told, and of what. */
function saysTooLittle(end: CommandEnd, { fault }: DiskCase, usual: Usual): string[] {
  // That something is there, or is not, is told in words of ours.
  const needed = 'code' in fault && !['ENOENT', 'EEXIST'].includes(fault.code) ? new RegExp(fault.code) : /./;
  if (end.stopped !== null)
    return needed.test(end.message) && / '?\/\w/.test(end.message) ? [] : [`it says too little: ${end.message}`];
  const more = unusualTroubles(end, usual);
  const isSaid = more.length === 0 || more.some(({ message }) => needed.test(message));
  return isSaid ? [] : [`it says too little: ${more.map(({ message }) => message).join(' | ')}`];
}

/** Findings that are not there usually. */
async function findNoted({ database: { sql } }: Lane, usual: Usual): Promise<string[]> {
  const findings = await sql<{ kind: string; path: string }[]>`SELECT kind, path FROM integrity_findings`;
  const isUsual = ({ kind, path }: (typeof findings)[number]) =>
    usual.lines.some((line) => line.startsWith(`finding ${kind} `) && line.endsWith(basename(path)));
  return findings.filter((finding) => !isUsual(finding)).map(({ kind, path }) => `${kind} ${path}`);
}

/** Where libraries are made. */
type Ground = { readonly bench: FaultBench; readonly database: TestDatabase };

function toolsOf({ bench, database: connection }: Ground): CommandTools {
  return { bench, connection };
}

type Prepared = AsyncDisposable & { readonly config: Config };

const TABLES = ['integrity_findings', 'inbox_arrivals', 'media_assets', 'ingest_runs', 'library'];

export async function prepare({ bench, database }: Ground, { kind, ...scenario }: CommandScenario): Promise<Prepared> {
  const { sql } = database;
  await sql.unsafe(TABLES.map((table) => `DELETE FROM ${table}`).join(';')).simple();
  const library = await bench.createLibrary(database, kind);
  await sql`INSERT INTO library (id, storage_dir) VALUES (${LIBRARY_ID}, ${library.config.storageDir})`;
  const config = await scenario.prepare(library, database);
  return { config, [Symbol.asyncDispose]: () => library[Symbol.asyncDispose]() };
}
