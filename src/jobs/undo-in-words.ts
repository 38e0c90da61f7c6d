import { relative } from 'node:path';
import type { Config } from '../config.ts';
import { countInWords } from '../core/count-in-words.ts';
import { printable } from '../core/printable.ts';
import { shortRunId } from '../core/run-summary.ts';
import { alignColumns, type Cell } from '../core/text-layout.ts';
import type { UndoItem } from '../core/undo-summary.ts';
import { bytesInWords, durationInWords, instantInWords, plural } from '../core/words.ts';
import type { Page } from './answer.ts';
import { type FileToLookAt, fileLines } from './summary-in-words.ts';
import type { UndoSummary } from './undo-run.ts';

const SHOWN = 10;

/** A file in a line, for a dry run: what would happen to it, and where it would come from. */
export function undoLine({ path, from, outcome, message }: UndoItem, config: Config): string {
  const name = printable(relative(config.inboxDir, path));
  const source = from === null ? '' : printable(relative(config.storageDir, from));
  switch (outcome) {
    case 'moved':
      return `move    ${name}  ←  ${source}`;
    case 'copied':
      return `copy    ${name}  ←  ${source}`;
    case 'unrecorded':
      return `leave   ${name}  (it is there; ${source} would go)`;
    case 'refused':
      return `refuse  ${name}  (${printable(message ?? '')})`;
  }
}

/** What taking a run back did, or would do, for a person. */
export function undoInWords(
  summary: UndoSummary,
  troubles: readonly UndoItem[],
  { config, page }: { readonly config: Config; readonly page: Page },
): string {
  const { paint } = page;
  const run = shortRunId(summary.run);
  const back = summary.moved + summary.copied + summary.unrecorded;
  const classes = [
    ['moved', summary.moved, 'in the inbox again, and no longer stored'],
    ['copied', summary.copied, 'duplicates: a copy is in the inbox again'],
    ['unrecorded', summary.unrecorded, 'had stayed in the inbox; no longer stored or known'],
    ['refused', summary.refused, 'left as they were'],
  ] as const;
  const rows: (readonly Cell[])[] = classes
    .filter(([, count]) => count > 0)
    .map(([name, count, meaning]) => {
      const painted = (text: string) => (name === 'refused' ? paint('yellow', text) : text);
      return [
        '',
        { text: name, paint: painted },
        countInWords(count),
        { text: meaning, paint: (t) => paint('dim', t) },
      ];
    });
  const begun = `${summary.command}, ${instantInWords(summary.startedAt, config.defaultTimeZone)}`;
  const took = summary.seconds < 10 ? `${summary.seconds.toFixed(1)} s` : durationInWords(summary.seconds);
  return [
    summary.dryRun
      ? `Run ${run} (${begun}) would be taken back: ${plural(summary.seen, 'file')}, ${bytesInWords(summary.bytes)}`
      : `Run ${run} (${begun}) is taken back: ${plural(summary.seen, 'file')} in ${took}, ${bytesInWords(summary.bytes)}`,
    '',
    ...alignColumns(rows, 'llr'),
    ...lookAtLines(troubles, page),
    '',
    ...afterwards(summary, back, run, config),
  ].join('\n');
}

function lookAtLines(troubles: readonly UndoItem[], page: Page): readonly string[] {
  if (troubles.length === 0) return [];
  const files = troubles.slice(0, SHOWN).map(
    ({ path, code, message, outcome }): FileToLookAt => ({
      kind: outcome === 'refused' ? 'failed' : 'deferred',
      path,
      code,
      message,
    }),
  );
  const more = troubles.length - files.length;
  return [
    '',
    page.paint('bold', 'To look at'),
    ...fileLines(files, page),
    ...(more > 0 ? [`  … and ${plural(more, 'more file')}; with --json they are all there`] : []),
  ];
}

function afterwards(summary: UndoSummary, back: number, run: string, config: Config): readonly string[] {
  if (summary.dryRun) return [`Nothing was changed. To do it: photo-factory undo ${run}`];
  return [
    ...(back > 0
      ? [
          `What is back lies in ${printable(config.inboxDir)} and is held: nobody files it until it changes.`,
          'To file it again: photo-factory ingest --held',
        ]
      : []),
    ...(summary.backedUp > 0
      ? [`${plural(summary.backedUp, 'copy', 'copies')} in your backup stay there; the ledger no longer knows of them.`]
      : []),
    ...(summary.refused > 0 ? [`Once the rest is mended: photo-factory undo ${run}`] : []),
  ];
}
