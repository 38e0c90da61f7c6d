import type { Attention, RememberedArrival } from '../core/attention.ts';
import { adviseOnDisk } from '../core/disk-advice.ts';
import type { InboxFile } from '../core/inbox-file.ts';
import type { RunItem } from '../core/run-summary.ts';
import { inWords } from '../errors.ts';

/** What the intake does with a file that is ready: the work, and nothing about when. */
export type IntakeWork = {
  readonly findLastArrivals: (files: readonly InboxFile[]) => Promise<Map<string, RememberedArrival>>;
  /** Must not throw: every end is an outcome. */
  readonly ingest: (file: InboxFile, arrival: RememberedArrival | null) => Promise<void>;
  readonly finishRelease: (file: InboxFile, arrival: RememberedArrival) => Promise<void>;
  /** A file still has the private name of an arrival whose inbox copy should be gone. Must not throw. */
  readonly finishReleaseAgain: (arrivalId: bigint, path: string) => Promise<void>;
  /** An outcome that needs no work but must be written down. */
  readonly writeDown: (file: InboxFile, arrival: RememberedArrival | null, outcome: NoWork) => Promise<void>;
  /** An outcome that stands from before, or that leaves no trace in the ledger. */
  readonly report: (item: RunItem) => void;
  /** A file that failed before and waits for its next try. */
  readonly reportLater: (path: string) => void;
};

export type NoWork = {
  readonly outcome: 'rejected' | 'deferred';
  readonly code: string | null;
  readonly message: string;
};

/**
 * What is to be done with a file, by what the ledger remembers of it.
 *
 * @returns null when there is nothing to do now
 */
export type TaskFor = (work: IntakeWork, file: InboxFile, attention: Attention) => (() => Promise<void>) | null;

/** What is said of a file that cannot be looked at. */
export function unreadable(reason: string) {
  const [code = null] = /^E[A-Z]+/.exec(reason) ?? [];
  const message = inWords('READ_FAILED', { reason, advice: adviseOnDisk(code) });
  return { outcome: 'failed', code: 'READ_FAILED', message } as const;
}

export const STILL_WRITTEN: NoWork = { outcome: 'deferred', code: null, message: 'It is still being written.' };
export const ODD_NAME: NoWork = { outcome: 'rejected', code: 'NAME_NOT_UTF8', message: inWords('NAME_NOT_UTF8') };

/** Writes down an outcome that needs no reading, in the row that this arrival has already, if any. */
export function noteTask(outcome: NoWork): TaskFor {
  return (work, file, attention) => {
    if (attention.kind === 'stands') work.report(standing(file, attention));
    return attention.kind === 'ingest' ? () => work.writeDown(file, attention.arrival, outcome) : null;
  };
}

/** Does what the file needs, and reports what stands. */
export const ingestTask: TaskFor = (work, file, attention) => {
  switch (attention.kind) {
    case 'ingest':
      return () => work.ingest(file, attention.arrival);
    case 'release':
      return () => work.finishRelease(file, attention.arrival);
    case 'stands':
      work.report(standing(file, attention));
      return null;
    case 'later':
      work.reportLater(file.path);
      return null;
  }
};

function standing({ path, identity }: InboxFile, { outcome, arrival }: Attention & { kind: 'stands' }): RunItem {
  const { code, message, assetId } = arrival;
  return { ...withoutWork(path, { outcome, code, message }), assetId, sizeBytes: Number(identity.sizeBytes) };
}

/** What becomes of a file without any work. */
export function withoutWork(path: string, said: Pick<RunItem, 'outcome' | 'code' | 'message'>): RunItem {
  return { path, sizeBytes: 0, assetId: null, finalPath: null, capturedAt: null, source: null, ...said };
}
