import type { ServiceReport } from './service-health.ts';

/** What the librarian knows of itself when it is asked how it is. */
export type LibrarianFacts = {
  readonly state: 'starting' | 'watching' | 'filing' | 'paused' | 'stopping';
  /** Files being read, placed or recorded right now. */
  readonly inWork: number;
  /** Files known to wait for their turn. */
  readonly waiting: number;
  readonly filedThisRun: number;
  /** Files that were rejected or failed and still lie in the inbox. */
  readonly failing: number;
  /** Findings about originals that nobody has settled. */
  readonly findings: number;
  /** Since a file last came to an outcome (or work began), in milliseconds; null before there was any work. */
  readonly lastProgressAgeMs: number | null;
  readonly watcher: 'watching' | 'polling' | 'degraded';
  /** Why the inbox could not be walked the last time; null when it could. */
  readonly inboxProblem: string | null;
  /** Why ingest is paused, completing "Paused: …"; null when it is not. */
  readonly pausedBecause: string | null;
  /** What is wrong with the storage, as a sentence; null when nothing is. */
  readonly storageProblem: string | null;
};

/** Before it knows anything of itself. */
export const STARTING: LibrarianFacts = {
  state: 'starting',
  inWork: 0,
  waiting: 0,
  filedThisRun: 0,
  failing: 0,
  findings: 0,
  lastProgressAgeMs: null,
  watcher: 'watching',
  inboxProblem: null,
  pausedBecause: null,
  storageProblem: null,
};

/** A 2 GB video on a slow disk takes minutes; nothing that goes well takes ten. */
const STUCK_MS = 10 * 60_000;

/**
 * Decides what the librarian's heartbeat says: the worst thing that is true, in words for people.
 *
 * ERROR: nothing can be filed (storage, inbox, or paused). WARNING: alive, but somebody should look (no file finished for long
 * with work waiting, files that need a look, a watcher that no longer watches). OK: everything else, also starting,
 * polling as configured, and stopping.
 */
export function decideLibrarianStatus(facts: LibrarianFacts): ServiceReport {
  const doing = describeWork(facts);
  if (facts.storageProblem !== null) return { status: 'ERROR', currentTask: facts.storageProblem };
  if (facts.inboxProblem !== null)
    return { status: 'ERROR', currentTask: `The inbox cannot be read (${facts.inboxProblem}). Is its disk mounted?` };
  if (facts.state === 'paused' || facts.pausedBecause !== null)
    return { status: 'ERROR', currentTask: `Paused: ${facts.pausedBecause ?? 'no reason was given'}` };
  if (facts.state === 'stopping') return { status: 'OK', currentTask: doing };

  const troubles = findTroubles(facts);
  if (troubles.length === 0) return { status: 'OK', currentTask: doing };
  return { status: 'WARNING', currentTask: [doing, ...troubles].join('; ') };
}

function findTroubles(facts: LibrarianFacts): string[] {
  const { inWork, waiting, lastProgressAgeMs, failing, findings, watcher } = facts;
  const troubles: string[] = [];
  if (inWork + waiting > 0 && lastProgressAgeMs !== null && lastProgressAgeMs > STUCK_MS)
    troubles.push(`stuck? No file was finished for ${Math.floor(lastProgressAgeMs / 60_000)} minutes`);
  if (failing > 0)
    troubles.push(`${failing === 1 ? '1 file needs' : `${failing} files need`} a look: photo-factory status`);
  if (findings > 0)
    troubles.push(
      `${findings === 1 ? '1 finding about originals' : `${findings} findings about originals`}: photo-factory verify`,
    );
  if (watcher === 'degraded') troubles.push('the inbox cannot be watched, so new files are found by walking it only');
  return troubles;
}

function describeWork({ state, inWork, waiting, filedThisRun }: LibrarianFacts): string {
  switch (state) {
    case 'starting':
      return 'Starting';
    case 'watching':
    case 'paused':
      return 'Watching Photos_Inbox';
    case 'filing':
      return `Filing photos: ${inWork} in work, ${waiting > 0 ? `${waiting} waiting, ` : ''}${filedThisRun} filed in this run`;
    case 'stopping':
      return inWork === 0 ? 'Stopping' : `Stopping: ${inWork} still in work`;
  }
}
