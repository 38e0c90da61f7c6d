import { countInWords } from '../../core/count-in-words.ts';
import { printable } from '../../core/printable.ts';
import { alignColumns, type Cell, wrap } from '../../core/text-layout.ts';
import { bytesInWords, durationInWords, plural } from '../../core/words.ts';
import type { RecordingResult } from '../adopt.ts';
import type { Page } from '../answer.ts';
import type { OriginalItem } from './ends.ts';

const CLASSES = [
  ['recorded', 'new in the ledger, where they lie'],
  ['known', 'in the ledger already'],
  ['copies', 'second copies of photos that are recorded elsewhere: left alone'],
  ['ignored', 'no photos, and sidecars without theirs: left alone'],
  ['failed', 'left alone, because something is wrong with them'],
] as const;
const EXAMPLES = 20;

/** Gathers the first files that a person should hear of, however many there are. */
export function collectOriginals(): {
  readonly items: readonly OriginalItem[];
  readonly add: (item: OriginalItem) => void;
} {
  const items: OriginalItem[] = [];
  return {
    items,
    add: (item) => {
      const isNews = item.end === 'copies' || item.end === 'failed' || item.end === 'ignored';
      if (isNews && items.filter(({ end }) => end === item.end).length < EXAMPLES) items.push(item);
    },
  };
}

/** What was recorded, for a person. */
export function recordedInWords(result: RecordingResult, examples: readonly OriginalItem[], page: Page): string {
  const { seconds, seen, bytes } = result;
  const rows = CLASSES.filter(([name]) => result[name] > 0).map(([name, meaning]): readonly Cell[] => [
    '',
    { text: name, paint: (text) => (name === 'failed' ? page.paint('yellow', text) : text) },
    countInWords(result[name]),
    { text: meaning, paint: (text) => page.paint('dim', text) },
  ]);
  const time = seconds < 10 ? `${seconds.toFixed(1)} s` : durationInWords(seconds);
  const size = bytes > 0 ? ` (${bytesInWords(bytes)} recorded)` : '';
  return [
    `${plural(seen, 'file')} below Originals in ${time}${size}`,
    ...(rows.length > 0 ? ['', ...alignColumns(rows, 'llr')] : []),
    ...exampleLines(result, examples, page),
  ].join('\n');
}

function exampleLines(result: RecordingResult, examples: readonly OriginalItem[], page: Page): readonly string[] {
  if (examples.length === 0) return [];
  const lines = examples.flatMap(({ path, end, message }) => [
    `  ${end === 'failed' ? page.paint('red', '✗') : page.paint('dim', '·')} ${printable(path)}`,
    ...wrap(printable(message ?? end), Math.max(40, page.columns - 6)).map((line) => `      ${line}`),
  ]);
  const more = result.copies + result.ignored + result.failed - examples.length;
  return ['', page.paint('bold', 'Left alone'), ...lines, ...(more > 0 ? [`  … and ${countInWords(more)} more`] : [])];
}

/** What a ledger knows and the photos do not: gone with it. */
export const NOT_RECOVERABLE: readonly string[] = [
  'where in the inbox each photo was found and what lay beside it there, and names that had to be shortened or freed of forbidden characters',
  'when each photo was filed (ingested_at): the last change of its file stands for it',
  'the ids of photos and when their rows were written: they get new ones, and which files are of one shot is found out again',
  'the runs and what arrived in them: nothing from before can be undone, and copy mode reads its inbox once more',
  'dates that a person said, and those that a photo got from what came by its folder of the inbox: the still of a video, a JSON named after another photo. The files lie where they lay; their dates are decided by each photo and the sidecars beside it',
  'what persons and later steps noted: curated, backed up, thumbnails and place names start again',
  'when each photo was last verified, and what was found',
  'the history of heartbeats',
];

/** The same as lines, for a person. */
export function notRecoverableLines({ columns, paint }: Page): readonly string[] {
  const lines = NOT_RECOVERABLE.flatMap((text) =>
    wrap(text, Math.max(40, columns - 4)).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`),
  );
  return ['', paint('bold', 'Lost with the old ledger, because only it knew'), ...lines];
}
