import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type postgres from 'postgres';
import { filesBelow } from '../ingest-rig.ts';

export type Known = {
  readonly inboxDir: string;
  readonly storageDir: string;
  readonly sql: postgres.Sql;
  /** Every photo there is, by its name in words. */
  readonly photos: ReadonlyMap<string, { readonly content: Buffer; readonly day: string }>;
  /** Names in the inbox that stay there for good. */
  readonly stays: readonly string[];
  /** Photos that somebody took away, so that they may be gone, and their rows without a file. */
  readonly taken: readonly string[];
  /** Photos whose row has no file before they are healed. */
  readonly missing: readonly string[];
  /** Names in the inbox that were not there for a moment, so that they may be an arrival of their own. */
  readonly comesAgain: readonly string[];
  /** An original that was said not to be there, so that its photo was filed once more beside it: `verify` finds it. */
  readonly overlooked: string | null;
};

type Row = { hash: string; finalPath: string };

/** What of the invariants is broken at this instant, whatever is still to be done. */
export async function checkInstant(known: Known): Promise<string[]> {
  const { inboxDir, storageDir, sql, photos } = known;
  const names = new Map([...photos].map(([name, { content }]) => [hashOf(content), name]));
  const inbox = await hashesBelow(inboxDir);
  const originals = await hashesBelow(join(storageDir, 'Originals'));
  const rows = await sql<Row[]>`SELECT file_hash AS hash, final_path AS "finalPath" FROM media_assets`;
  return [
    ...findLost(known, names, [...inbox.values(), ...originals.values()]),
    ...findTooEarly(known, names, [...inbox.values(), ...rows.map(({ hash }) => hash)]),
    ...findRowsWithoutFile(known, names, { originals, rows }),
    ...[...originals].filter(([, hash]) => !names.has(hash)).map(([path]) => `I4: Originals/${path} is no whole photo`),
  ];
}

type Names = ReadonlyMap<string, string>;

function findLost({ taken }: Known, names: Names, there: readonly string[]): string[] {
  return [...names]
    .filter(([hash, name]) => !taken.includes(name) && !there.includes(hash))
    .map(([, name]) => `I1: ${name} is nowhere whole`);
}

function findTooEarly({ taken }: Known, names: Names, kept: readonly string[]): string[] {
  return [...names]
    .filter(([hash, name]) => !taken.includes(name) && !kept.includes(hash))
    .map(([, name]) => `I6: ${name} left the inbox without a row`);
}

function findRowsWithoutFile(
  { storageDir, taken, missing }: Known,
  names: Names,
  { originals, rows }: { originals: ReadonlyMap<string, string>; rows: readonly Row[] },
): string[] {
  return rows.flatMap(({ hash, finalPath }) => {
    const found = originals.get(relative(join(storageDir, 'Originals'), finalPath));
    const mayMiss = [...taken, ...missing].includes(names.get(hash) ?? '');
    if (found === hash || (found === undefined && mayMiss)) return [];
    return [`I2: the row of ${relative(storageDir, finalPath)} has ${found ?? 'no file'}`];
  });
}

/** What is wrong once nothing is left to be done. */
export async function checkEnd(known: Known): Promise<string[]> {
  return [
    ...(await checkInstant({ ...known, missing: [] })),
    ...(await findUntracked(known)),
    ...(await findLeftovers(known)),
    ...(await findOddArrivals(known)),
  ];
}

async function findUntracked({ storageDir, sql, photos, taken, overlooked }: Known): Promise<string[]> {
  if (taken.length > 0) return [];
  const root = join(storageDir, 'Originals');
  const rows = await sql<Row[]>`SELECT file_hash AS hash, final_path AS "finalPath" FROM media_assets`;
  const recorded = new Set(rows.map(({ finalPath }) => relative(root, finalPath)));
  const unrecorded = [...photos].filter(([, { content }]) => !rows.some(({ hash }) => hash === hashOf(content)));
  const astray = [...photos].filter(([, { content, day }]) =>
    rows.some((row) => row.hash === hashOf(content) && !relative(root, row.finalPath).includes(`/${day}/`)),
  );
  return [
    ...(await filesBelow(root))
      .filter((path) => !recorded.has(path) && path !== overlooked)
      .map((path) => `untracked: Originals/${path}`),
    ...unrecorded.map(([name]) => `${name} has no row`),
    ...astray.map(([name]) => `${name} is filed under another day`),
  ];
}

async function findLeftovers({ inboxDir, storageDir, stays }: Known): Promise<string[]> {
  const inbox = (await filesBelow(inboxDir)).filter((name) => !stays.includes(name));
  const unfinished = await filesBelow(join(storageDir, '.photo-factory'));
  return [
    ...inbox.map((name) => `still in the inbox: ${name}`),
    ...unfinished.map((name) => `left over: .photo-factory/${name}`),
  ];
}

async function findOddArrivals({ inboxDir, sql, comesAgain }: Known): Promise<string[]> {
  const arrivals = await sql<{ path: string; count: number; outcomes: string; pending: number }[]>`
    SELECT path, count(*)::int AS count, string_agg(outcome, ' ' ORDER BY id) AS outcomes,
           count(*) FILTER (WHERE release_pending)::int AS pending
    FROM inbox_arrivals GROUP BY path`;
  const [open] = await sql<{ runs: number }[]>`SELECT count(*)::int AS runs FROM ingest_runs WHERE ended_at IS NULL`;
  const wrong = arrivals.flatMap(({ path, count, outcomes, pending }) => {
    const name = relative(inboxDir, path);
    return [
      ...(count === 1 || comesAgain.includes(name) ? [] : [`I8: ${name} has ${count} outcomes: ${outcomes}`]),
      ...(pending === 0 ? [] : [`I8: ${name} is still to be released`]),
    ];
  });
  return open?.runs === 0 ? wrong : [...wrong, 'a run was left open'];
}

/** Descriptors of this process that are open below a folder. */
export async function findOpenFiles(folders: readonly string[]): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd');
  const targets = await Promise.all(numbers.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => folders.some((folder) => target.startsWith(`${folder}/`)));
}

async function hashesBelow(folder: string): Promise<Map<string, string>> {
  const names = await filesBelow(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, hashOf(await readFile(join(folder, name)))] as const)),
  );
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
