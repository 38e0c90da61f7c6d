import { lstatSync } from 'node:fs';
import { link, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { History, Inode } from './history.ts';
import { restoreRows } from './ledger-snapshots.ts';
import type { PowerLibrary } from './library.ts';
import type { DiskState } from './state.ts';
import type { LedgerRow, LedgerRows } from './trace.ts';

/**
 * Makes disk and ledger of a library what they are after a cut.
 *
 * New files have other inodes than those that were recorded, and nobody can set a ctime: so the rows are told the new
 * device and inode of each file they speak of, and, as if the ctime had lasted, its new ctime.
 *
 * @param keepsCtime false: the ctimes are others than the ledger remembers
 */
export async function materialize(
  library: PowerLibrary,
  history: History,
  after: {
    readonly moment: number;
    readonly state: DiskState;
    readonly rows: LedgerRows;
    readonly keepsCtime: boolean;
  },
): Promise<void> {
  const { moment, state, rows, keepsCtime } = after;
  for (const name of await readdir(library.root)) await rm(join(library.root, name), { recursive: true });
  for (const folder of state.folders) await mkdir(folder);
  const made = new Map<Inode, string>();
  for (const { path, inode, bytes, mtimeNs } of state.files) {
    const same = made.get(inode);
    if (same !== undefined) {
      await link(same, path);
      continue;
    }
    await writeFile(path, bytes, { flag: 'wx' });
    // Whole seconds, or what the program itself rounded to a microsecond.
    await utimes(path, Number(mtimeNs) / 1e9, Number(mtimeNs) / 1e9);
    made.set(inode, path);
  }
  const retell = (row: LedgerRow): LedgerRow => {
    const path = made.get(history.inodeOf(`${row['device']}:${row['inode']}`, moment) as Inode);
    if (path === undefined) return { ...row, inode: '1' }; // no file has it
    const { dev, ino, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    const isAsItWas = keepsCtime && mtimeNs === BigInt(String(row['mtime_ns']));
    return { ...row, device: `${dev}`, inode: `${ino}`, ...(isAsItWas ? { ctime_ns: `${ctimeNs}` } : {}) };
  };
  await restoreRows(library.database.sql, { ...rows, inbox_arrivals: rows.inbox_arrivals.map(retell) });
}
