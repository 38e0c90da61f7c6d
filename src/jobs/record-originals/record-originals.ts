import { basename } from 'node:path';
import { eachAtOnce } from '../../core/each-at-once.ts';
import { regroup } from '../../core/regroup.ts';
import { sidecarKindOf } from '../../core/sidecar-name.ts';
import { FactoryError, inWords } from '../../errors.ts';
import type { Swept } from '../../io/inbox/sweep.ts';
import { findPathsDone } from '../../ledger/assets.ts';
import type { FoundPhoto } from '../../ledger/record-found.ts';
import { examineOriginal } from '../../stages/adopt-original.ts';
import type { IngestTools } from '../../stages/ingest-tools.ts';
import { createOriginalTally, type OriginalCounts, type OriginalItem, type OriginalTally } from './ends.ts';
import { type BatchTools, recordBatch } from './record-batch.ts';
import { recordSidecars } from './record-sidecars.ts';

export type RecordOriginals = Omit<BatchTools, 'requireStorage' | 'storageDir'> & {
  readonly ingest: IngestTools;
  readonly runId: string;
  /** `ctime`: the last change of a file stands for the moment when it was filed. */
  readonly filedAt: 'now' | 'ctime';
  /** Files in work at once. */
  readonly concurrency: number;
  /** Told of every end, as it comes, with the counts so far. */
  readonly onEnd: (item: OriginalItem, counts: OriginalTally) => void;
  readonly signal: AbortSignal;
};

const PAGE = 500;
const BATCH = 200;
/** What a kill may cost: so much is examined again. */
const FLUSH_MS = 2000;

/**
 * Records what lies below Originals without a row, where it lies: photos first, then what lies beside them. Killed and run
 * again, it goes on: what has its row is not read again. Needs the library to itself.
 *
 * @param found walks what there is; called once more when there are sidecars
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE; the signal's reason, once what was examined is recorded
 */
export async function recordOriginals(
  tools: RecordOriginals,
  found: () => AsyncIterable<readonly Swept[]>,
): Promise<OriginalCounts> {
  const { connection, ingest, signal } = tools;
  const mayBeSidecars = { wait: false };
  const tally = createOriginalTally();
  const sizes = new Map<string, bigint>();
  const end = (item: OriginalItem): void => {
    tally.seen += 1;
    tally[item.end] += 1;
    if (item.end === 'recorded') tally.bytes += Number(sizes.get(item.path) ?? 0n);
    sizes.delete(item.path);
    tools.onEnd(item, tally);
  };
  const batchTools = { connection, storageDir: ingest.settings.storageDir, requireStorage: ingest.requireStorage };
  let waiting: FoundPhoto[] = [];
  let lastFlushMs = performance.now();
  let writing: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    lastFlushMs = performance.now();
    const write = async () => {
      for (const item of await recordBatch(batchTools, batch)) end(item);
    };
    if (batch.length > 0) writing = writing.then(write);
    return writing;
  };

  const take = async (path: string): Promise<void> => {
    const examined = await examine(tools, path);
    if ('end' in examined) return end(examined);
    sizes.set(path, examined.sizeBytes);
    waiting.push(examined);
    if (waiting.length >= BATCH || performance.now() - lastFlushMs > FLUSH_MS) await flush();
  };
  try {
    await eachAtOnce(photoFiles(tools, { found: found(), mayBeSidecars, end }), tools.concurrency, take);
  } catch (error) {
    if (signal.aborted) await flush();
    throw error;
  }
  await flush();
  if (!mayBeSidecars.wait) return tally;
  await recordSidecars(tools, found(), {
    end: (item, sizeBytes) => {
      sizes.set(item.path, sizeBytes);
      end(item);
    },
    other: async (path) => {
      await take(path);
      await flush();
    },
  });
  return tally;
}

type Walk = {
  readonly found: AsyncIterable<readonly Swept[]>;
  readonly mayBeSidecars: { wait: boolean };
  readonly end: (item: OriginalItem) => void;
};

/** The paths of files without a row, but for what may be sidecars; of all else its end is told. */
async function* photoFiles(
  { connection: { db, ask }, signal }: RecordOriginals,
  { found, mayBeSidecars, end }: Walk,
): AsyncGenerator<string> {
  for await (const page of regroup(found, PAGE)) {
    const paths: string[] = [];
    for (const swept of page) {
      if (swept.kind === 'file') paths.push(swept.file.path);
      else end(endOfOther(swept));
    }
    const recorded = paths.length === 0 ? new Set() : await ask(() => findPathsDone(db, paths));
    for (const path of paths) {
      signal.throwIfAborted();
      if (recorded.has(path)) end({ path, end: 'known', message: null });
      else if (sidecarKindOf(basename(path)) !== null) mayBeSidecars.wait = true;
      else yield path;
    }
  }
}

function endOfOther(swept: Exclude<Swept, { kind: 'file' }>): OriginalItem {
  switch (swept.kind) {
    case 'not-utf8':
      return { path: swept.file.path, end: 'failed', message: inWords('FOUND_ODD_NAME') };
    case 'ignored':
      return { path: swept.path, end: 'ignored', message: `It ${swept.reason}.` };
    case 'unreadable':
      return { path: swept.path, end: 'failed', message: inWords('READ_FAILED', swept) };
  }
}

async function examine(tools: RecordOriginals, path: string): Promise<FoundPhoto | OriginalItem> {
  const { ingest, runId, filedAt, signal } = tools;
  try {
    const examined = await examineOriginal(ingest, { path, runId, filedAt }, signal);
    switch (examined.kind) {
      case 'photo':
        return examined.photo;
      case 'in motion':
        return { path, end: 'failed', message: 'It is being written, or gone. Run it again.' };
      case 'no media':
        return examined.isDamaged
          ? { path, end: 'failed', message: 'It is named like a photo, and its content is none. It was left alone.' }
          : { path, end: 'ignored', message: 'It is no photo or video.' };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FactoryError) || error.remedy !== 'retry') throw error;
    return { path, end: 'failed', message: error.message };
  }
}
