import type { ServiceReport } from './service-health.ts';

/** A folder as Syncthing sees it. */
export type SyncthingFolder = {
  readonly id: string;
  readonly label: string;
  readonly path: string;
  /** `sendreceive`, `sendonly`, `receiveonly` or `receiveencrypted`. */
  readonly type: string;
  /** What is deleted on the phone stays here. */
  readonly ignoresDeletes: boolean;
  readonly isPaused: boolean;
  /** `idle`, `scanning`, `syncing`, `error`, …; null when Syncthing did not say (a paused folder has no state). */
  readonly state: string | null;
  /** Why the whole folder is in error; null when it is not. */
  readonly error: string | null;
  /** Files that could not be fetched. */
  readonly failedItems: number;
  /** Files still to come. */
  readonly needItems: number;
};

/** What came of asking Syncthing how it is. */
export type SyncthingReading =
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** Alive, but it does not know the API key, or no key is set. */
  | { readonly kind: 'locked'; readonly reason: string }
  | { readonly kind: 'answered'; readonly uptimeSeconds: number; readonly folders: readonly SyncthingFolder[] };

/**
 * Decides what the heartbeat says for Syncthing: ERROR when no photo can arrive (it does not answer, or a folder is in
 * error), WARNING when some may not, or nobody can tell.
 */
export function decideSyncthingReport(reading: SyncthingReading): ServiceReport {
  switch (reading.kind) {
    case 'unreachable':
      return report('ERROR', `it does not answer: ${reading.reason}`);
    case 'locked':
      return report('WARNING', `it runs, but its folders cannot be seen: ${reading.reason}`);
    case 'answered':
      return decideFoldersReport(reading.folders);
  }
}

function decideFoldersReport(folders: readonly SyncthingFolder[]): ServiceReport {
  const broken = folders.filter(({ state, error }) => state === 'error' || error !== null);
  const troubles = [
    ...broken.map(({ label, error }) => `folder ${label} is in error${error === null ? '' : `: ${error}`}`),
    ...folders
      .filter(({ failedItems }) => failedItems > 0)
      .map(({ label, failedItems }) => `folder ${label} cannot fetch ${files(failedItems)}`),
    ...folders.filter(({ isPaused }) => isPaused).map(({ label }) => `folder ${label} is paused`),
  ];
  if (troubles.length > 0) return report(broken.length > 0 ? 'ERROR' : 'WARNING', troubles.join('; '));
  if (folders.length === 0) return report('WARNING', 'it shares no folder');

  const toCome = folders.reduce((sum, { needItems }) => sum + needItems, 0);
  const count = folders.length === 1 ? '1 folder' : `${folders.length} folders`;
  return report('OK', toCome === 0 ? `${count} up to date` : `${count}, ${files(toCome)} still to come`);
}

function report(status: ServiceReport['status'], words: string): ServiceReport {
  return { status, currentTask: `Syncthing check: ${words}` };
}

function files(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}
