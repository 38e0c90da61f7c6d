import type { Config } from '../config.ts';
import { countInWords } from '../core/count-in-words.ts';
import { printable } from '../core/printable.ts';
import { HELD, type RunItem, type RunSummary, shortRunId } from '../core/run-summary.ts';
import { alignColumns, type Cell, shorten, wrap } from '../core/text-layout.ts';
import { adviseOnFile } from '../core/what-to-do.ts';
import { bytesInWords, durationInWords, plural } from '../core/words.ts';
import type { Page } from './answer.ts';

/** A file that a person should look at. `message` says why; null when nobody knows. */
export type FileToLookAt = {
  readonly kind: 'rejected' | 'failed' | 'deferred' | 'stored-with-error' | 'finding';
  readonly path: string;
  readonly code: string | null;
  readonly message: string | null;
};

const EXAMPLES = 10;
/** Worst first. */
const SEVERITY: readonly FileToLookAt['kind'][] = ['failed', 'rejected', 'deferred', 'stored-with-error'];

/** What a summary tells beside the totals: the first files of each kind that a person should look at. */
export type Examples = {
  readonly files: readonly FileToLookAt[];
  /** Deferred, because `undo` put them back. */
  readonly held: number;
};

/** Gathers examples, however long the run is. */
export function collectExamples(): Examples & { readonly add: (item: RunItem) => void } {
  const files: FileToLookAt[] = [];
  let held = 0;
  return {
    files,
    get held() {
      return held;
    },
    add: ({ path: inboxPath, finalPath, outcome, code, message }) => {
      if (code === HELD) {
        held += 1;
        return;
      }
      const kind = outcome === 'stored' && message !== null ? 'stored-with-error' : outcome;
      if (!isToLookAt(kind) || files.filter((file) => file.kind === kind).length >= EXAMPLES) return;
      // A stored one is looked at where it is, not where it was.
      files.push({ kind, path: kind === 'stored-with-error' ? (finalPath ?? inboxPath) : inboxPath, code, message });
    },
  };
}

function isToLookAt(kind: string): kind is FileToLookAt['kind'] {
  return SEVERITY.some((known) => known === kind);
}

const DUPLICATES = {
  remove: 'stored before; the inbox copy is gone',
  keep: 'stored before; left in the inbox',
  'set-aside': 'stored before; moved to Duplicates',
} as const;

/**
 * What a run did, for a person: each class of file and what became of it, and the sum.
 *
 * @param examples in any order; of many the worst are shown
 */
export function summaryInWords(
  summary: RunSummary,
  examples: Examples,
  { config, page }: { readonly config: Config; readonly page: Page },
): string {
  const { paint } = page;
  if (summary.seen === 0) return `Nothing to do: the inbox ${printable(config.inboxDir)} is empty.`;
  const classes = [
    [
      'stored',
      summary.stored,
      config.ingestMode === 'move' ? 'filed; gone from the inbox' : 'filed; left in the inbox',
    ],
    ['duplicates', summary.duplicates, config.ingestMode === 'move' ? DUPLICATES[config.duplicates] : DUPLICATES.keep],
    ['known', summary.known, 'seen before and unchanged'],
    ['rejected', summary.rejected, 'left where they are: no photos, as far as anybody can tell'],
    ['deferred', summary.deferred - examples.held, 'still being written: run it again later'],
    ['held', examples.held, 'put back by "undo", and left alone until they change'],
    ['failed', summary.failed, 'left where they are, because something went wrong'],
    ['ignored', summary.ignored, 'never touched: other programs’ files, and what is no media'],
  ] as const;
  const rows: (readonly Cell[])[] = classes
    .filter(([, count]) => count > 0)
    .map(([name, count, meaning]) => {
      const isBad = name === 'rejected' || name === 'failed';
      const painted = (text: string) => (isBad ? paint('yellow', text) : text);
      const meant = (text: string) => paint('dim', text);
      return ['', { text: name, paint: painted }, countInWords(count), { text: meaning, paint: meant }];
    });
  rows.push(['', { text: 'seen', paint: (text) => paint('bold', text) }, countInWords(summary.seen), '']);
  const speed = summary.seconds > 0 ? `, ${bytesInWords(summary.bytes / summary.seconds)}/s` : '';
  const read = summary.bytes > 0 ? ` (${bytesInWords(summary.bytes)}${speed})` : '';
  return [
    `${plural(summary.seen, 'file')} in ${spanInWords(summary.seconds)}${read}`,
    '',
    ...alignColumns(rows, 'llr'),
    ...lookAtLines(summary, examples, page),
    '',
    ...(examples.held > 0 ? ['To file what is held, too: photo-factory ingest --held'] : []),
    `The photos are in ${printable(config.storageDir)}/Originals.`,
    ...(summary.stored + summary.duplicates > 0
      ? [`To take this run back: photo-factory undo ${shortRunId(summary.run)}`]
      : []),
  ].join('\n');
}

function spanInWords(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : durationInWords(seconds);
}

function worstFirst(files: readonly FileToLookAt[]): readonly FileToLookAt[] {
  return files.toSorted((a, b) => SEVERITY.indexOf(a.kind) - SEVERITY.indexOf(b.kind));
}

function lookAtLines(summary: RunSummary, examples: Examples, page: Page): readonly string[] {
  const files = worstFirst(examples.files).slice(0, EXAMPLES);
  if (files.length === 0) return [];
  const shown = files.filter(({ kind }) => kind !== 'stored-with-error').length;
  const more = summary.rejected + summary.failed + summary.deferred - examples.held - shown;
  return [
    '',
    page.paint('bold', 'To look at'),
    ...fileLines(files, page),
    ...(more > 0 ? [`  … and ${plural(more, 'more file')}; "photo-factory status" has them`] : []),
  ];
}

/** A file and why it needs a look, in two lines or more. */
export function fileLines(files: readonly FileToLookAt[], { paint, columns }: Page): readonly string[] {
  return files.flatMap(({ kind, path, code, message }) => {
    const isStored = kind === 'stored-with-error';
    const mark = isStored || kind === 'deferred' ? paint('yellow', '!') : paint('red', '✗');
    const advice = kind === 'finding' ? null : isStored ? 'It is stored, and safe.' : adviseOnFile(code);
    const why = [printable(message ?? code ?? kind), advice].filter((text) => text !== null).join(' ');
    const lines = wrap(why, Math.max(40, columns - 6)).map((line) => `      ${line}`);
    // The path of a finding is there to be copied.
    const shown = kind === 'finding' ? printable(path) : shorten(printable(path), Math.max(20, columns - 4));
    return [`  ${mark} ${shown}`, ...lines];
  });
}
