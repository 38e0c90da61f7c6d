import { dirname } from 'node:path';
import type { FileIdentity } from '../../core/inbox-file.ts';
import type { OriginalVerdict, SeenOriginal } from '../../core/integrity.ts';
import { bytesInWords } from '../../core/words.ts';
import { inWords } from '../../errors.ts';
import { quoteForShell } from '../../io/disk/library-folder.ts';

/** The asset or the sidecar that a finding is about. */
export type About = {
  /** Where its row is; an asset's when nothing is said. */
  readonly table?: 'media_assets' | 'sidecars';
  readonly id: string;
  readonly finalPath: string;
  readonly originalPath: string;
  readonly sizeBytes: bigint;
};

/** What became of the bytes of a late writer, for {@link describeLateWrite}. */
export type LateBytes =
  | { readonly kind: 'waits' }
  | { readonly kind: 'kept'; readonly path: string }
  | { readonly kind: 'no media' };

export function describeMissing(about: About, instead: string | null): string {
  return instead === null
    ? inWords('FOUND_MISSING', { forget: forgetCommand(about) })
    : inWords('FOUND_REPLACED', { what: instead });
}

/** Of a file whose bytes are other ones, and which no program of the inbox had open. */
export function describeChanged(
  about: About,
  { moved }: OriginalVerdict & { kind: 'changed' },
  { sizeBytes, mtimeNs }: FileIdentity,
): string {
  if (!moved.size && !moved.time) return inWords('FOUND_ROTTEN');
  const when = new Date(Number(mtimeNs / 1_000_000n)).toISOString();
  const size = `it has ${bytesInWords(Number(sizeBytes))} instead of ${bytesInWords(Number(about.sizeBytes))}`;
  const time = moved.time ? `it was written on ${when}` : 'its time is the old one';
  return inWords('FOUND_EDITED', {
    how: [...(moved.size ? [size] : []), time].join(', and '),
    forget: forgetCommand(about),
    word: quoteForShell(about.finalPath),
  });
}

export function describeLateWrite(about: About, bytes: LateBytes): string {
  const { originalPath, finalPath } = about;
  const kept = {
    waits: () =>
      'What it wrote is filed as a photo of its own when it is left alone: by the daemon within an hour, or by `photo-factory verify` when none runs.',
    kept: () => `What it wrote is kept as ${bytes.kind === 'kept' ? bytes.path : ''}.`,
    'no media': () => 'What it wrote is no photo or video, and stays where it is.',
  }[bytes.kind]();
  return inWords('LATE_WRITE', { source: originalPath, path: finalPath, kept, forget: forgetCommand(about) });
}

export function describeUnreadable(path: string, { code, reason }: SeenOriginal & { kind: 'unreadable' }): string {
  if (code !== 'EACCES' && code !== 'EPERM') return inWords('FOUND_UNREADABLE', { reason: withoutCall(reason) });
  const command = `\`chmod u+r ${quoteForShell(path)}\`, or of its folder: \`chmod u+rx ${quoteForShell(dirname(path))}\``;
  return inWords('FOUND_FORBIDDEN', { what: 'The file', reason: withoutCall(reason), command });
}

export function describeClosedFolder(path: string, reason: string): string {
  const command = `\`chmod u+rx ${quoteForShell(path)}\``;
  return inWords('FOUND_FORBIDDEN', { what: 'The folder', reason: withoutCall(reason), command });
}

/** `EACCES: permission denied, open '/a/b'` without the call, which names the path once more. */
function withoutCall(reason: string): string {
  return reason.replace(/, \w+(?: '.*')?$/s, '');
}

/** The ledger forgets a file only when a person says so. */
function forgetCommand({ id, table = 'media_assets' }: About): string {
  return `\`photo-factory psql -c "DELETE FROM ${table} WHERE id = '${id}'"\``;
}
