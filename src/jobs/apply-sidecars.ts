import { dirname } from 'node:path';
import { sidecarRank } from '../core/sidecar-name.ts';
import { FactoryError, reasonOf } from '../errors.ts';
import type { PendingSidecar } from '../ledger/dating.ts';
import type { Log } from '../log.ts';
import { clearSuperseded } from '../stages/ingest-refile.ts';
import type { IngestTools } from '../stages/ingest-tools.ts';
import { redatePhoto } from '../stages/redate.ts';

type ApplySidecars = {
  readonly ingest: IngestTools;
  /** Resolves when work may go on; called before every question and every photo. */
  readonly pass: () => Promise<void>;
  /** Videos that were looked at before in this process, each once. */
  readonly lookedAt: Set<string>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const BATCH = 100;
const MOST_VIDEOS = 1000;

/**
 * Gives the facts of sidecars to the photos that they were found beside, and the date of a still to the video of the same
 * shot that came before it: a better date files a photo anew, a place that was missing is filled in. What a person has said
 * or looked through stays. First it ends what a crash left of that. Needs the library to itself.
 *
 * @returns how many photos got another date
 */
export async function applySidecars(tools: ApplySidecars): Promise<{ readonly redated: number }> {
  await tools.pass();
  await finishRedatings(tools);
  const ofVideos = await dateVideos(tools);
  return { redated: ofVideos + (await applyPending(tools)) };
}

async function dateVideos(tools: ApplySidecars): Promise<number> {
  const { ingest, lookedAt, signal } = tools;
  let redated = 0;
  for (const id of await ingest.ledger.findLoneVideos(MOST_VIDEOS)) {
    if (signal.aborted) break;
    if (lookedAt.has(id)) continue;
    const end = await redateOne(tools, id);
    if (end !== 'not yet') lookedAt.add(id);
    if (end === 'redated') redated += 1;
  }
  return redated;
}

async function applyPending(tools: ApplySidecars): Promise<number> {
  const { ledger } = tools.ingest;
  let redated = 0;
  // Those that failed are left for the next time, so that they keep nobody from their turn.
  for (let after = '0'; ; ) {
    await tools.pass();
    const pending = await ledger.findPendingSidecars({ after, limit: BATCH });
    for (const sidecar of pending) {
      if (tools.signal.aborted) return redated;
      const ends = await applyOne(tools, sidecar);
      redated += ends.filter((end) => end === 'redated').length;
      if (!ends.includes('not yet')) await ledger.markApplied(sidecar.id);
      after = sidecar.id;
    }
    if (pending.length < BATCH) return redated;
  }
}

/** Names that a crash left after their photos were filed anew. */
async function finishRedatings({ ingest, pass, log }: ApplySidecars): Promise<void> {
  const names = await ingest.ledger.findSuperseded(BATCH);
  if (names.length === 0) return;
  await pass();
  await ingest.requireStorage();
  await clearSuperseded(ingest, names);
  log.info({ names: names.length }, 'finished filing photos by their new dates');
}

type End = 'redated' | 'stays' | 'not yet';

async function applyOne(tools: ApplySidecars, sidecar: PendingSidecar): Promise<readonly End[]> {
  const near = await tools.ingest.ledger.findNearPhotos({
    folder: dirname(sidecar.originalPath),
    keys: [sidecar.companionKey],
    kind: sidecar.kind,
  });
  const ends: End[] = [];
  for (const photo of near) if (sidecarRank(sidecar, photo) !== null) ends.push(await redateOne(tools, photo.assetId));
  return ends;
}

async function redateOne({ ingest, pass, log, signal }: ApplySidecars, asset: string): Promise<End> {
  await pass();
  try {
    const end = await redatePhoto(ingest, asset, { reason: 'companion' }, signal);
    if (end.kind === 'damaged') return 'not yet'; // until it is put back, or gone from the ledger
    if (end.kind !== 'redated') return 'stays';
    log.info({ asset, from: end.photo.finalPath, to: end.to }, 'a photo got its date from beside it');
    return 'redated';
  } catch (error) {
    if (!(error instanceof FactoryError) || error.remedy !== 'retry') throw error;
    log.warn({ asset, reason: reasonOf(error) }, 'a photo could not get its date from beside it yet');
    return 'not yet';
  }
}
