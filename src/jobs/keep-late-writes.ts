import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { judgeOriginal } from '../core/integrity.ts';
import { NO_COUNTS, type RunCounts } from '../core/run-summary.ts';
import { decideSettling } from '../core/settling.ts';
import { FactoryError } from '../errors.ts';
import { fingerprint, openSourceFile, type SourceFile } from '../io/disk/source-file.ts';
import type { Asking } from '../ledger/connect.ts';
import { endRun, startRun } from '../ledger/runs.ts';
import { findDoubtfulLinks, findInboxInodes, type OriginalToVerify } from '../ledger/verification.ts';
import type { Log } from '../log.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { keepLateWrite } from '../stages/keep-late-write.ts';
import { describeLateWrite } from './verify/describe-finding.ts';

type KeepLateWrites = {
  readonly connection: Asking;
  readonly ingest: IngestTools;
  readonly config: Pick<Config, 'ingestMode' | 'inboxDir' | 'settleMs'>;
  /** Resolves when work may go on; called before every file. */
  readonly pass: () => Promise<void>;
  /** What was looked at before in this process, and need not be again as long as it does not change. */
  readonly lookedAt: Map<string, bigint>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const BATCH = 100;

/**
 * Makes photos of their own of what late writers wrote into linked originals, once they leave them alone. The old row
 * stays, and its finding says where the new bytes are. Needs the library to itself.
 *
 * @returns how many photos were made
 */
export async function keepLateWrites(tools: KeepLateWrites): Promise<{ kept: number }> {
  const { db, ask } = tools.connection;
  const run = openRunWhenNeeded(tools);
  try {
    for (let after = '0'; !tools.signal.aborted; ) {
      const links: readonly OriginalToVerify[] = await ask(() => findDoubtfulLinks(db, { after, limit: BATCH }));
      for (const link of links) {
        after = link.findingId ?? after;
        if (!tools.signal.aborted) await keepIfLate(tools, run, link);
      }
      if (links.length < BATCH) break;
    }
  } finally {
    await run.end();
  }
  return { kept: run.counts().stored };
}

async function keepIfLate(tools: KeepLateWrites, run: LateRun, link: OriginalToVerify): Promise<void> {
  const { lookedAt, log, signal } = tools;
  try {
    await tools.pass();
    await tools.ingest.requireStorage();
    await using source = await openSourceFile(link.finalPath);
    if (source === null || lookedAt.get(link.id) === source.identity.ctimeNs) return;
    if (!(await isLateAndSettled(tools, link, source))) return;
    const sha256 = await fingerprint(tools.ingest.hasher, source);
    if (sha256 === null || sha256 === link.fileHash) return;
    const { originalName, originalPath } = link;
    const late = { source, sha256, originalName, originalPath, openRun: run.id };
    const kept = await keepLateWrite(tools.ingest, late, signal);
    if (kept.kind === 'in motion') return;
    if (kept.kind === 'kept' && kept.isNew) run.add(source.identity.sizeBytes);
    await tools.ingest.ledger.recordFinding({
      assetId: link.id,
      path: link.finalPath,
      fileHash: link.fileHash,
      kind: 'changed',
      foundHash: sha256,
      foundBytes: source.identity.sizeBytes,
      message: describeLateWrite(link, kept),
    });
    lookedAt.set(link.id, source.identity.ctimeNs);
    log.warn({ path: link.finalPath, kept: kept.kind === 'kept' ? kept.path : null }, 'a late write was kept');
  } catch (error) {
    // Of this file alone: the next look tries it again.
    if (!(error instanceof FactoryError) || error.remedy !== 'retry') throw error;
    log.warn({ path: link.finalPath, code: error.code, reason: error.message }, 'a late write could not be kept yet');
  }
}

/** Whether it is the very file that lay in the inbox, was written to since, and is left alone now. */
async function isLateAndSettled(
  { connection: { db, ask }, config, ingest }: KeepLateWrites,
  link: OriginalToVerify,
  { identity }: SourceFile,
): Promise<boolean> {
  const look = judgeOriginal(link, { kind: 'file', identity, sha256: null });
  if (look.kind === 'whole' || !(await ask(() => findInboxInodes(db, link.id))).includes(identity.inode)) return false;
  // Where there are hard links, ctime is real.
  const settling = decideSettling({
    now: { identity, seenAtMs: 0 },
    first: null,
    nowMs: ingest.now(),
    settleMs: config.settleMs,
    ctimeIsReal: true,
  });
  return settling.kind === 'settled';
}

type LateRun = {
  readonly id: () => Promise<string>;
  readonly add: (bytes: bigint) => void;
  readonly counts: () => RunCounts;
  readonly end: () => Promise<void>;
};

/** A run for the photos that are made, if any are. */
function openRunWhenNeeded({ connection: { db, ask }, config }: KeepLateWrites): LateRun {
  const run = { command: 'adopt', mode: config.ingestMode, inboxDir: config.inboxDir } as const;
  const newId = randomUUID();
  let id: Promise<string> | null = null;
  let counts = NO_COUNTS;
  return {
    id: () => {
      id ??= ask(() => startRun(db, run, newId));
      return id;
    },
    add: (bytes) => {
      counts = {
        ...counts,
        seen: counts.seen + 1,
        stored: counts.stored + 1,
        bytes: counts.bytes + Number(bytes),
      };
    },
    counts: () => counts,
    end: async () => {
      if (id === null) return;
      const begun = await id;
      await ask(() => endRun(db, begun, counts, 0));
    },
  };
}
