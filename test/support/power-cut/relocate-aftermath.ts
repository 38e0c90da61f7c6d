import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isBelow } from './layout.ts';
import { arrivalsOf, assetsOf } from './ledger-at.ts';
import type { PowerLibrary } from './library.ts';
import { sha256Of } from './possible.ts';
import { copyStorage, formerStorage } from './relocate-cases.ts';
import type { LedgerRows } from './trace.ts';

/** What a person does whom a power cut interrupted: relocates again, and copies again first if it did not come to that. */
export async function relocateAgain(library: PowerLibrary, before: LedgerRows): Promise<void> {
  await library.relocate().catch(async (error: unknown) => {
    if (isMoved(before, library)) throw error;
    await copyStorage(library);
    await library.relocate();
  });
}

/**
 * What is wrong with a library that was relocated after a power cut, in words; nothing when all is well:
 *
 * Every row points below the new storage, at a file with its bytes. Where the cut came before the rows said so, and left a
 * torn copy of the right size, the former storage has the bytes: `relocate` looks at sizes, `verify` reads.
 */
export async function findRelocateWrongs(
  before: LedgerRows,
  library: Pick<PowerLibrary, 'root' | 'layout'>,
  after: LedgerRows,
): Promise<readonly string[]> {
  const { storage } = library.layout;
  const moved = isMoved(before, library);
  const wrongs = filesOf(after).map(async ({ path, hash }) => {
    if (!isBelow(storage, path)) return [`${path} is still the former place`];
    const former = join(formerStorage(library), relative(storage, path));
    if (await isWhole(path, hash)) return [];
    return !moved && (await isWhole(former, hash)) ? [] : [`${path} is not whole`];
  });
  return (await Promise.all(wrongs)).flat();
}

function isMoved(rows: LedgerRows, { layout: { storage } }: Pick<PowerLibrary, 'layout'>): boolean {
  return filesOf(rows).every(({ path }) => isBelow(storage, path));
}

function filesOf(rows: LedgerRows): readonly { readonly path: string; readonly hash: string | null }[] {
  const aside = arrivalsOf(rows).flatMap(({ setAsidePath, hash }) =>
    setAsidePath === null ? [] : [{ path: setAsidePath, hash }],
  );
  return [...assetsOf(rows), ...aside];
}

async function isWhole(path: string, hash: string | null): Promise<boolean> {
  const bytes = await readFile(path).catch(() => null);
  return bytes !== null && sha256Of(bytes) === hash;
}
