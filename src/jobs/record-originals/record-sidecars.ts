import { basename } from 'node:path';
import { regroup } from '../../core/regroup.ts';
import { sidecarKindOf } from '../../core/sidecar-name.ts';
import { FactoryError } from '../../errors.ts';
import type { Swept } from '../../io/inbox/sweep.ts';
import { findPathsDone } from '../../ledger/assets.ts';
import type { Asking } from '../../ledger/connect.ts';
import { adoptSidecar } from '../../stages/adopt-sidecar.ts';
import type { IngestTools } from '../../stages/ingest-tools.ts';
import { redatePhoto } from '../../stages/redate.ts';
import type { OriginalItem } from './ends.ts';

type RecordSidecars = {
  readonly connection: Asking;
  readonly ingest: IngestTools;
  readonly runId: string;
  readonly filedAt: 'now' | 'ctime';
  readonly signal: AbortSignal;
};

const PAGE = 500;

export type SidecarEnds = {
  /** Told of the end of each, with its size where it was recorded. */
  readonly end: (item: OriginalItem, sizeBytes: bigint) => void;
  /** A file that is no sidecar in spite of its name. */
  readonly other: (path: string) => Promise<void>;
};

/**
 * Records the sidecars without a row that lie beside their photos, and gives the photos that they tell of their facts. Nothing
 * is moved: the photos stay where they lie, whatever their day is then. One after the other: those of one photo change it.
 *
 * @throws what the database driver says; the signal's reason
 */
export async function recordSidecars(
  tools: RecordSidecars,
  found: AsyncIterable<readonly Swept[]>,
  { end, other }: SidecarEnds,
): Promise<void> {
  const { db, ask } = tools.connection;
  for await (const page of regroup(found, PAGE)) {
    const paths = page.flatMap((swept) => (swept.kind === 'file' ? [swept.file.path] : []));
    const named = paths.filter((path) => sidecarKindOf(basename(path)) !== null);
    const recorded = named.length === 0 ? new Set() : await ask(() => findPathsDone(db, named));
    // Of two sidecars of one photo, the longer name came later: it has digits.
    for (const path of named.toSorted((one, other) => one.length - other.length)) {
      if (recorded.has(path)) continue;
      tools.signal.throwIfAborted();
      const ended = await recordSidecar(tools, path);
      if (ended === null) await other(path);
      else end(ended.item, ended.sizeBytes);
    }
  }
}

async function recordSidecar({ ingest, runId, filedAt, signal }: RecordSidecars, path: string) {
  const of = (end: OriginalItem['end'], message: string | null, sizeBytes = 0n) => ({
    item: { path, end, message },
    sizeBytes,
  });
  try {
    const adopted = await adoptSidecar(ingest, { path, runId, filedAt }, signal);
    switch (adopted.kind) {
      case 'recorded':
        for (const id of adopted.tellsOf)
          await redatePhoto(ingest, id, { reason: 'companion', isInPlace: true }, signal);
        await ingest.ledger.markApplied(adopted.id);
        return of('recorded', null, adopted.sizeBytes);
      case 'copy':
        return of('copies', 'The same sidecar is recorded of this photo.');
      case 'no photo':
        return of('ignored', 'It is a sidecar, and its photo does not lie beside it.');
      case 'in motion':
        return of('failed', 'It is being written, or gone. Run it again.');
      case 'no sidecar':
        return null;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FactoryError) || error.remedy !== 'retry') throw error;
    return of('failed', error.message);
  }
}
