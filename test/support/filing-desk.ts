import type { RunItem } from '../../src/core/run-summary.ts';
import { lookAtFile } from '../../src/io/inbox/sweep.ts';
import { openLog } from '../../src/log.ts';
import { createLibrarianWork } from '../../src/runtime/librarian.ts';
import { openIngestTools } from '../../src/runtime/open-ingest-tools.ts';
import { createRunLog } from '../../src/runtime/run-log.ts';
import type { IngestRig } from './ingest-rig.ts';

/** The librarian's work on one file at a time, with tools that stay open: many files, or moments, in little time. */
export type FilingDesk = AsyncDisposable & {
  /** Files what is at this path now, as if it had just been found; resolves when it has its outcome. */
  readonly file: (path: string) => Promise<void>;
  /** Every end that any file came to. */
  readonly ends: readonly RunItem[];
};

/** For work that nothing pauses, and of which nobody wants to hear more than its ends. */
export const NOBODY_LISTENS = {
  pass: async () => {},
  onOutage: () => {},
  onStanding: () => {},
  onLater: () => {},
};

/** What is asked and told of the storage; by default it is always there. */
type StorageWatch = { readonly requireStorage?: () => Promise<void>; readonly onOutage?: () => void };

export async function openFilingDesk(
  rig: IngestRig,
  { requireStorage = async () => {}, onOutage = () => {} }: StorageWatch = {},
): Promise<FilingDesk> {
  const { config, database } = rig;
  const log = openLog(config);
  const { signal } = new AbortController();
  const opened = await openIngestTools({
    config,
    connection: database,
    log,
    requireStorage,
    signal,
    workSignal: signal,
  });
  const ends: RunItem[] = [];
  const runs = createRunLog({
    connection: database,
    run: { command: 'start', mode: config.ingestMode, inboxDir: config.inboxDir },
    keepItems: false,
    onOutcome: (item) => ends.push(item),
    log,
    readyAtMs: 0,
  });
  const work = createLibrarianWork({
    ingest: opened.tools,
    runs,
    ...NOBODY_LISTENS,
    onOutage,
    log,
    signal,
    workSignal: signal,
  });
  return {
    ends,
    file: async (path) => {
      const file = await lookAtFile(path);
      if (file !== null) await work.ingest(file, null);
    },
    [Symbol.asyncDispose]: async () => {
      await runs.end();
      await opened[Symbol.asyncDispose]();
    },
  };
}
