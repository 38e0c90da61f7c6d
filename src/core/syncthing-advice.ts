/** A folder of Syncthing's, as far as it decides what happens to photos on the phone. */
export type SharedFolder = {
  readonly label: string;
  /** `sendreceive`, `sendonly`, `receiveonly` or `receiveencrypted`. */
  readonly type: string;
  readonly ignoresDeletes: boolean;
};

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
export function adviseOnSyncthing(
  { label, type, ignoresDeletes }: SharedFolder,
  mode: 'move' | 'copy',
): SyncthingAdvice {
  const fix = `Syncthing → ${label} → Edit → Advanced → Folder Type: Receive Only (and Send Only on the phone)`;
  if (type === 'receiveencrypted')
    return { verdict: 'problem', words: `folder ${label} holds encrypted files: nothing can be filed`, fix };
  if (mode === 'copy')
    return { verdict: 'ok', words: `folder ${label} (${type}): copy mode leaves it alone`, fix: null };
  if (type === 'sendreceive')
    return {
      verdict: 'problem',
      words: `folder ${label} is Send & Receive: a photo that is filed here may be DELETED ON THE PHONE`,
      fix: `${fix}, or INGEST_MODE=copy`,
    };
  if (type === 'sendonly')
    return { verdict: 'problem', words: `folder ${label} is Send Only here: nothing arrives`, fix };
  if (!ignoresDeletes)
    return {
      verdict: 'warning',
      words: `folder ${label} is Receive Only, but follows deletions: a photo deleted on the phone before it is filed is lost here, too`,
      fix: `Syncthing → Actions → Advanced → Folders → ${label} → Ignore Delete`,
    };
  return { verdict: 'ok', words: `folder ${label} is Receive Only and ignores deletions`, fix: null };
}
