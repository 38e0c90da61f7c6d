import { copyFileSync, lstatSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type postgres from 'postgres';
import { expect, it } from 'vitest';
import { type FileIdentity, identityOf } from '../../../src/core/inbox-file.ts';
import { createIngestRig, type IngestRig, jpeg } from '../../support/ingest-rig.ts';
import { interposeDisk } from '../../support/interpose/disk.ts';

const FILES = 20_000;
const FOLDERS = 20;
const COPY = { INGEST_MODE: 'copy' };

/** Puts so many photos into the inbox, some of one name in different folders. */
function fillInbox(inboxDir: string): readonly string[] {
  for (let folder = 0; folder < FOLDERS; folder += 1) mkdirSync(join(inboxDir, `roll ${folder}`));
  return Array.from({ length: FILES }, (_, n) => {
    const path = join(inboxDir, `roll ${n % FOLDERS}`, `IMG_${Math.floor(n / FOLDERS)}.jpg`);
    writeFileSync(path, jpeg(`known ${n}`));
    return path;
  });
}

function identityAt(path: string): FileIdentity {
  return identityOf(lstatSync(path, { bigint: true }));
}

/**
 * Makes the ledger know files as copy mode would, from what the disk says of them. Their hashes are no photo's: whoever
 * reads one of them takes it for new.
 */
async function makeKnown(sql: postgres.Sql, paths: readonly string[]): Promise<void> {
  const files = paths.map((path) => ({ path, ...identityAt(path) }));
  const all = (value: (file: (typeof files)[number]) => bigint) => files.map((file) => String(value(file)));
  await sql`
    INSERT INTO media_assets (file_hash, original_name, original_path, final_path, size_bytes, captured_at, group_pending)
    SELECT encode(sha256(convert_to(path, 'UTF8')), 'hex'), substring(path FROM '[^/]+$'), path, '/elsewhere/' || n, 1,
      '2024-05-06', false
    FROM unnest(${paths as string[]}::text[]) WITH ORDINALITY AS known (path, n)`;
  await sql`
    INSERT INTO inbox_arrivals (path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, file_hash, asset_id)
    SELECT path, known.device, inode, known.size_bytes, mtime_ns, ctime_ns, 'stored', file_hash, a.id
    FROM unnest(${paths as string[]}::text[], ${all((file) => file.device)}::text[]::numeric[],
        ${all((file) => file.inode)}::text[]::numeric[], ${all((file) => file.sizeBytes)}::text[]::numeric[],
        ${all((file) => file.mtimeNs)}::text[]::numeric[], ${all((file) => file.ctimeNs)}::text[]::numeric[])
        AS known (path, device, inode, size_bytes, mtime_ns, ctime_ns)
      JOIN media_assets AS a ON a.original_path = path`;
  await sql`ANALYZE`;
}

/** What nobody may change in the inbox, of every file; also its time of access, which a reading that does not care moves. */
function describeInbox(inboxDir: string): ReadonlyMap<string, string> {
  const entries = readdirSync(inboxDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { ino, mode, nlink, size, atimeNs, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
      return [path, [ino, mode, nlink, size, atimeNs, mtimeNs, ctimeNs].join(' ')];
    }),
  );
}

/** A run in copy mode, and which files of the inbox it opened: nothing is read that was not opened. */
async function ingestAndWatch(rig: IngestRig) {
  const opened = new Set<string>();
  using _disk = await interposeDisk([rig.config.inboxDir], async ({ name, paths: [path = ''] }, proceed) => {
    if (name === 'open' || name === 'readFile' || name === 'copyFile') opened.add(path);
    return await proceed();
  });
  const { items: _, ...summary } = await rig.ingest(COPY);
  return { summary, opened: [...opened].sort() };
}

/** The file at a path is exchanged for another one of its size and mtime. */
function replaceInSecret(path: string, content: Buffer): void {
  const { atime, mtime } = lstatSync(path);
  writeFileSync(`${path}.tmp`, content);
  utimesSync(`${path}.tmp`, atime, mtime);
  renameSync(`${path}.tmp`, path);
}

it(`of ${FILES} known files and five others, copy mode opens the five, and touches none`, {
  timeout: 300_000,
}, async () => {
  await using rig = await createIngestRig();
  const { sql } = rig.database;
  const [longer, touched, exchanged] = [
    await rig.drop('longer.jpg', jpeg('one')),
    await rig.drop('touched.jpg', jpeg('two')),
    await rig.drop('exchanged.jpg', jpeg('three')),
  ];
  expect(await rig.ingest(COPY)).toMatchObject({ stored: 3 });
  await makeKnown(sql, fillInbox(rig.config.inboxDir));

  writeFileSync(longer, jpeg('one and more'));
  utimesSync(touched, new Date(), new Date());
  replaceInSecret(exchanged, jpeg('THREE'));
  const again = join(rig.config.inboxDir, 'again.jpg');
  copyFileSync(touched, again);
  const changed = [longer, touched, exchanged, again, await rig.drop('new.jpg', jpeg('four'))].sort();
  const before = describeInbox(rig.config.inboxDir);
  const arrivals = async () => (await sql`SELECT FROM inbox_arrivals`).length;
  const known = await arrivals();

  const first = await ingestAndWatch(rig);
  expect(first.opened).toEqual(changed);
  expect(first.summary).toMatchObject({ seen: FILES + 5, known: FILES, stored: 3, duplicates: 2, failed: 0 });
  expect(await arrivals()).toBe(known + 5);

  const second = await ingestAndWatch(rig);
  expect(second.opened).toEqual([]);
  expect(second.summary).toMatchObject({ seen: FILES + 5, known: FILES + 5, stored: 0, duplicates: 0 });
  expect(await arrivals()).toBe(known + 5);
  const after = describeInbox(rig.config.inboxDir);
  expect([...before].filter(([path, was]) => after.get(path) !== was)).toEqual([]);
  expect(after.size).toBe(FILES + 5);
});
