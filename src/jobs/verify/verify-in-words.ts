import { countInWords } from '../../core/count-in-words.ts';
import { printable } from '../../core/printable.ts';
import { alignColumns, type Cell, type Paint, wrap } from '../../core/text-layout.ts';
import { bytesInWords, durationInWords, plural } from '../../core/words.ts';
import type { FindingCounts, OpenFinding } from '../../ledger/findings.ts';
import type { Page } from '../answer.ts';
import type { VerifyResult } from '../verify.ts';

const CLASSES = [
  ['verified', 'read again, and what they were'],
  ['present', 'there, with the size and time that they had; not read'],
  ['touched', 'there, with another time than they had: only reading them tells more (without --quick)'],
  ['missing', 'not there any more'],
  ['changed', 'other bytes than when they were filed'],
  ['unreadable', 'not to be read'],
  ['skipped', 'filed anew, moved or taken back meanwhile'],
  ['untracked', 'below Originals, and not in the ledger'],
  ['ignored', 'no photos: other programs’ files, links'],
] as const;
const BAD: ReadonlySet<string> = new Set(['missing', 'changed', 'unreadable', 'untracked']);

/**
 * What verifying found, for a person.
 *
 * @param findings open ones; of many, the first
 */
export function verifyInWords(result: VerifyResult, findings: readonly OpenFinding[], page: Page): string {
  const { checked, bytes, seconds, isComplete, open } = result;
  const rows = CLASSES.filter(([name]) => result[name] > 0).map(([name, meaning]): readonly Cell[] => [
    '',
    { text: name, paint: (text) => (BAD.has(name) ? page.paint('yellow', text) : text) },
    countInWords(result[name]),
    { text: meaning, paint: (text) => page.paint('dim', text) },
  ]);
  const speed = bytes > 0 && seconds > 0 ? ` (${bytesInWords(bytes)}, ${bytesInWords(bytes / seconds)}/s)` : '';
  return [
    `${plural(checked, 'file')} in ${seconds < 10 ? `${seconds.toFixed(1)} s` : durationInWords(seconds)}${speed}`,
    ...(rows.length > 0 ? ['', ...alignColumns(rows, 'llr')] : []),
    ...(isComplete ? [] : ['', 'The slice is done; run it again, and it goes on where it was.']),
    ...findingLines(findings, open, page),
    '',
    verdict(open, page.paint),
  ].join('\n');
}

/** Open findings, each with its path, whole, to be copied, and what to do. */
export function findingLines(findings: readonly OpenFinding[], open: FindingCounts, page: Page): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ kind, path, message }) => [
    `  ${page.paint('red', '✗')} ${kind}: ${printable(path)}`,
    ...wrap(printable(message), Math.max(40, page.columns - 6)).map((line) => `      ${line}`),
  ]);
  const more = sumOf(open) - findings.length;
  const rest =
    more > 0
      ? [`  … and ${countInWords(more)} more: photo-factory verify --json --items, or the table integrity_findings`]
      : [];
  return ['', page.paint('bold', 'To look at'), ...lines, ...rest];
}

export function sumOf({ missing, changed, unreadable, untracked }: FindingCounts): number {
  return missing + changed + unreadable + untracked;
}

function verdict(open: FindingCounts, paint: Paint): string {
  const count = sumOf(open);
  if (count === 0) return paint('green', 'Nothing is wrong.');
  return paint('yellow', `${plural(count, 'finding')} to look at. Nothing was changed but the ledger’s notes.`);
}
