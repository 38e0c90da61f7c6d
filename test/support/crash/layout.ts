import { createHash, randomUUID } from 'node:crypto';
import { mkdir, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type postgres from 'postgres';
import { jpeg, sha256 } from '../ingest-rig.ts';
import type { Expected, ExpectedArrival, Together } from '../library-check/expected.ts';
import { type FoundFile, lookAtName } from '../library-check/library-state.ts';
import { type PastFacts, writeRun, writeSidecar, writeStored, writeWaiting } from './past-rows.ts';

export const DAY = '2024/2024-05-06';
/** With microseconds, which is as exact as a copy's time can be. */
const TAKEN_AT = 1_714_979_289.123_456;

/** A whole photo; `moreBytes` behind its end make it as large as one wants. */
export function photo(text: string, moreBytes = 0): Buffer {
  return Buffer.concat([jpeg(text), Buffer.alloc(moreBytes, createHash('sha256').update(text).digest())]);
}

type Fate = Partial<Pick<ExpectedArrival, 'outcomes' | 'code' | 'stays'>> & {
  /** False for what is no photo, and for a second file of the same content. */
  readonly becomesOriginal?: boolean;
  readonly setAside?: boolean;
  /** A sidecar that was seen before, and waits for its photo. */
  readonly waited?: boolean;
};

/** How a photo came to be stored. */
type Past = {
  readonly id?: string;
  readonly day?: string;
  /** What it was called in the inbox; `once-` and its name when it is no companion of anything. */
  readonly cameAs?: string;
  /** It may get another place. */
  readonly facts?: PastFacts;
};

/** Fills a library's folders and ledger with what a case begins with, and keeps the account of what must become of it. */
export type Layout = {
  readonly inboxDir: string;
  readonly storageDir: string;
  readonly sql: postgres.Sql;
  /** A file comes to the inbox. */
  readonly drop: (name: string, content: Buffer, fate?: Fate) => Promise<FoundFile>;
  /** A photo that was stored and recorded long ago; returns its final path. */
  readonly storeBefore: (name: string, content: Buffer, past?: Past) => Promise<string>;
  /** A sidecar that was filed beside it then. */
  readonly storeSidecarBefore: (photoPath: string, name: string, content: Buffer) => Promise<void>;
  /** These must end in one folder, under names that begin alike. */
  readonly bringTogether: (day: string, stem: string, members: Readonly<Record<string, Buffer>>) => void;
  /** A file that nobody may touch. */
  readonly keepUntouched: (path: string, content: string) => Promise<void>;
  /** The stored file of a row is gone, and is to come back. */
  readonly loseOriginal: (finalPath: string) => Promise<void>;
  readonly day: (name: string, day?: string) => string;
  readonly expected: () => Expected;
};

/** @param id the library's; null when neither storage nor ledger have one yet */
export async function openLayout(
  of: Pick<Layout, 'inboxDir' | 'storageDir' | 'sql'> & { mtimeToleranceNs: bigint },
  id: string | null,
): Promise<Layout> {
  const { inboxDir, storageDir, sql } = of;
  const arrivals: ExpectedArrival[] = [];
  const originals = new Set<string>();
  const setAside: string[] = [];
  const untouched: FoundFile[] = [];
  const unlinked: string[] = [];
  const missingAtFirst: string[] = [];
  let movable: Expected['movable'] = [];
  const together: Together[] = [];
  const day = (name: string, folder = DAY) => join(storageDir, 'Originals', folder, name);

  await mkdir(inboxDir, { recursive: true });
  await mkdir(storageDir, { recursive: true });
  if (id !== null) {
    await sql`INSERT INTO library (id) VALUES (${id})`;
    await writeFile(
      join(storageDir, '.photo-factory-library'),
      JSON.stringify({ id, created: '2024-01-01T00:00:00Z' }),
    );
  }

  const remember = async (path: string) => {
    const file = await lookAtName(path);
    if (file === null) throw new Error(`${path} is not there`);
    untouched.push(file);
    return file;
  };
  const keepMovable = async (path: string, content: Buffer) => {
    const { mtimeNs } = (await lookAtName(path)) ?? { mtimeNs: 0n };
    movable = [...movable, { sha256: sha256(content), mtimeNs }];
  };
  const cameAs = (name: string) => ({
    source: { path: join(inboxDir, name), device: 1n, inode: 1n, mtimeNs: 1n, ctimeNs: 1n },
  });
  const writeRunOfOne = () => writeRun(sql, { inboxDir, stored: 1, isOpen: false });
  const storeBefore = async (name: string, content: Buffer, past: Past = {}) => {
    const finalPath = day(name, past.day);
    await put(finalPath, content);
    if (past.facts === undefined) await remember(finalPath);
    else await keepMovable(finalPath, content);
    originals.add(sha256(content));
    await writeStored(sql, {
      ...{ runId: await writeRunOfOne(), ...cameAs(past.cameAs ?? `once-${name}`), finalPath, content },
      ...{ releasePending: false, facts: past.facts ?? null, id: past.id ?? randomUUID() },
    });
    return finalPath;
  };
  const storeSidecarBefore = async (photoPath: string, name: string, content: Buffer) => {
    const finalPath = join(dirname(photoPath), name);
    await put(finalPath, content);
    await keepMovable(finalPath, content);
    originals.add(sha256(content));
    await writeSidecar(sql, { runId: await writeRunOfOne(), ...cameAs(name), finalPath, content, photoPath });
  };
  return {
    inboxDir,
    storageDir,
    sql,
    day,
    storeBefore,
    storeSidecarBefore,
    bringTogether: (on, stem, members) => {
      const named = Object.entries(members).map(([name, content]) => ({ name, sha256: sha256(content) }));
      together.push({ day: on, stem, members: named });
    },
    drop: async (name, content, fate = {}) => {
      const path = join(inboxDir, name);
      await put(path, content);
      const file = await lookAtName(path);
      if (file === null) throw new Error(`${path} vanished`);
      const { outcomes = ['stored'], stays = false, becomesOriginal = true } = fate;
      const code = fate.code === undefined ? {} : { code: fate.code };
      arrivals.push({ path, sha256: sha256(content), mtimeNs: file.mtimeNs, outcomes, stays, ...code });
      if (becomesOriginal) originals.add(sha256(content));
      if (fate.waited === true) {
        const runId = await writeRun(sql, { inboxDir, stored: 0, isOpen: false });
        await writeWaiting(sql, { runId, source: file, content });
      }
      if (fate.setAside === true) setAside.push(sha256(content));
      if (stays) {
        untouched.push(file);
        unlinked.push(path);
      }
      return file;
    },
    keepUntouched: async (path, content) => {
      await put(path, content);
      await remember(path);
    },
    loseOriginal: async (finalPath) => {
      const lost = await lookAtName(finalPath);
      await unlink(finalPath);
      movable = movable.filter(({ sha256: hash }) => hash !== lost?.sha256);
      untouched.splice(
        untouched.findIndex(({ path }) => path === finalPath),
        1,
      );
      missingAtFirst.push(finalPath);
    },
    expected: () => ({
      ...{ arrivals, originals: [...originals], setAside, untouched, unlinked, missingAtFirst, movable, together },
      mtimeToleranceNs: of.mtimeToleranceNs,
    }),
  };
}

async function put(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await utimes(path, TAKEN_AT, TAKEN_AT);
}
