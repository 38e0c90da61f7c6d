import type { SyncthingFolder } from './syncthing-report.ts';

/** A folder of Syncthing's, as far as it decides what happens to photos here and on the phone. */
export type SharedFolder = Pick<SyncthingFolder, 'label' | 'type' | 'ignoresDeletes' | 'isPaused' | 'error'>;

export type SyncthingAdvice = {
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly words: string;
  readonly fix: string | null;
};

/**
 * Decides whether a folder type is safe for an inbox that is emptied (`move`) or left alone (`copy`).
 *
 * Measured on real pairs: with Send & Receive on both sides, what leaves the inbox is deleted on the phone within
 * seconds; with Receive Only it is not, but a photo deleted on the phone before it was filed goes from the inbox, too,
 * unless "Ignore Delete" is on.
 */
export function adviseOnSyncthing(folder: SharedFolder, mode: 'move' | 'copy'): SyncthingAdvice {
  const { label, error, isPaused } = folder;
  const advice = adviseOnType(folder, mode);
  if (advice.verdict === 'problem') return advice;
  if (error !== null)
    return {
      verdict: 'problem',
      words: `folder ${label} is in error, so nothing arrives: ${error}`,
      fix: `Syncthing → ${label}, and see what it says there`,
    };
  if (isPaused)
    return {
      verdict: 'warning',
      words: `folder ${label} is paused: nothing arrives`,
      fix: `Syncthing → ${label} → Resume`,
    };
  return advice;
}

/**
 * Decides about a folder of Syncthing's that holds originals: whoever shares them hands the library to other devices.
 * Only Send Only takes nothing from them.
 */
export function adviseOnSharedStorage({ label, type }: Pick<SharedFolder, 'label' | 'type'>): SyncthingAdvice {
  if (type === 'sendonly')
    return { verdict: 'ok', words: `folder ${label} sends the storage and takes nothing from elsewhere`, fix: null };
  return {
    verdict: 'problem',
    words: `folder ${label} holds the STORAGE: what another device deletes or changes there is deleted or changed in the library`,
    fix: `Syncthing → ${label} → Edit → Remove, and share a folder below the inbox instead (or Send Only, to copy the library elsewhere)`,
  };
}

function adviseOnType({ label, type, ignoresDeletes }: SharedFolder, mode: 'move' | 'copy'): SyncthingAdvice {
  const fix = `Syncthing → ${label} → Edit → Advanced → Folder Type: Receive Only (and Send Only on the phone)`;
  if (type === 'receiveencrypted')
    return { verdict: 'problem', words: `folder ${label} holds encrypted files: nothing can be filed`, fix };
  if (type === 'sendonly')
    return { verdict: 'problem', words: `folder ${label} is Send Only here: nothing arrives`, fix };
  if (mode === 'copy')
    return { verdict: 'ok', words: `folder ${label} (${type}): copy mode leaves it alone`, fix: null };
  if (type === 'sendreceive')
    return {
      verdict: 'problem',
      words: `folder ${label} is Send & Receive: a photo that is filed here may be DELETED ON THE PHONE`,
      fix: `${fix}, or INGEST_MODE=copy`,
    };
  if (!ignoresDeletes)
    return {
      verdict: 'warning',
      words: `folder ${label} is Receive Only, but follows deletions: a photo deleted on the phone before it is filed is lost here, too`,
      fix: `Syncthing → Actions → Advanced → Folders → ${label} → Ignore Delete`,
    };
  return { verdict: 'ok', words: `folder ${label} is Receive Only and ignores deletions`, fix: null };
}
