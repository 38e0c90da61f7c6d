import { open, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { openHasher } from '../../src/io/disk/hasher.ts';
import { createMarker, requireMarker } from '../../src/io/disk/storage-marker.ts';
import type { VerifyTools } from '../../src/jobs/verify/verify-tools.ts';
import { type VerifyOptions, type VerifyResult, verifyOriginals } from '../../src/jobs/verify.ts';
import { requireLibraryId } from '../../src/ledger/library.ts';
import { createIngestRig, type IngestRig } from './ingest-rig.ts';

export type FoundRow = {
  readonly kind: string;
  readonly path: string;
  readonly message: string;
  readonly asset_id: string | null;
  readonly file_hash: string | null;
};

/** A library that can be verified. */
export type VerifyRig = IngestRig & {
  readonly verify: (options?: Partial<VerifyOptions>, tools?: Partial<VerifyTools>) => Promise<VerifyResult>;
  /** Open findings, by path. */
  readonly findings: () => Promise<FoundRow[]>;
  /** Where a photo of the day that `drop` gives its files is stored. */
  readonly original: (name: string) => string;
};

const ALL: VerifyOptions = { isQuick: false, olderThanDays: 0, slice: null };

export async function createVerifyRig(): Promise<VerifyRig> {
  await using opening = new AsyncDisposableStack();
  const rig = opening.use(await createIngestRig());
  const hasher = opening.use(openHasher({ threads: 2 }));
  const { db, sql } = rig.database;
  const { storageDir } = rig.config;
  const id = await requireLibraryId(db);
  await createMarker(storageDir, { id, created: '2026-01-01T00:00:00Z' });
  const stack = opening.move();
  return {
    ...rig,
    verify: (options = {}, tools = {}) =>
      verifyOriginals(
        {
          connection: rig.database,
          storageDir,
          hasher,
          concurrency: 4,
          filingMs: 0,
          requireStorage: () => requireMarker(storageDir, id),
          pass: async () => {},
          onFinding: () => {},
          signal: new AbortController().signal,
          ...tools,
        },
        { ...ALL, ...options },
      ),
    findings: async () => sql<FoundRow[]>`
      SELECT kind, path, message, asset_id, file_hash FROM integrity_findings WHERE resolved_at IS NULL ORDER BY path`,
    original: (name) => join(storageDir, 'Originals/2024/2024-05-06', name),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Writes other bytes over a part of a file, and leaves its size and time as a disk that rots does. */
export async function rot(path: string): Promise<void> {
  const { mtime, size } = await stat(path);
  await using file = await open(path, 'r+');
  await file.write(Buffer.from([0x55]), 0, 1, Math.max(0, size - 3));
  await utimes(path, mtime, mtime);
}
