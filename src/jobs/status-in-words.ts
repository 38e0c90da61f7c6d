import { countInWords } from '../core/count-in-words.ts';
import { printable } from '../core/printable.ts';
import { shortRunId } from '../core/run-summary.ts';
import { alignColumns, type Cell, type Paint, wrap } from '../core/text-layout.ts';
import { ageInWords, bytesInWords, durationInWords, instantInWords, plural } from '../core/words.ts';
import type { RecentRun, StoredTotals } from '../ledger/overview.ts';
import type { Page } from './answer.ts';
import type { FactoryStatus, InboxStatus, LedgerStatus, ServiceLight } from './factory-status.ts';
import { fileLines } from './summary-in-words.ts';
import { sumOf } from './verify/verify-in-words.ts';

type StatusPage = Page & {
  readonly mode: 'move' | 'copy';
  readonly timeZone: string;
  readonly nowMs: number;
};

/** How the factory is, for a person at a terminal. */
export function statusInWords({ database, inbox, ledger }: FactoryStatus, page: StatusPage): string {
  const { paint, columns } = page;
  const facts: (readonly Cell[])[] = [label('Inbox', inboxInWords(inbox, page), paint), ['', printable(inbox.path)]];
  if (database.problem !== null) {
    const [first = '', ...rest] = wrap(printable(database.problem.message), columns - 10);
    facts.push(label('Database', paint('red', '✗ ') + first, paint), ...rest.map((line) => ['', `  ${line}`]));
  }
  if (ledger === null) return alignColumns(facts).join('\n');
  facts.push(
    label('Stored', storedInWords(ledger.stored, page), paint),
    label('Verified', verifiedInWords(ledger, page), paint),
    label('Pending', pendingInWords(ledger.pending), paint),
    ...(ledger.held.files > 0 ? [label('Held', heldInWords(ledger.held), paint)] : []),
  );
  return [
    ...alignColumns(ledger.services.map((service) => serviceRow(service, paint))),
    '',
    ...alignColumns(facts),
    ...section('Recent runs', runLines(ledger.runs, page), paint),
    ...section('To look at', [...fileLines(ledger.problems, page), ...moreErrors(ledger)], paint),
  ].join('\n');
}

function label(name: string, value: string, paint: Paint): readonly Cell[] {
  return [{ text: name, paint: (text) => paint('dim', text) }, value];
}

function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines];
}

function serviceRow({ name, colour, ageSeconds, currentTask }: ServiceLight, paint: Paint): readonly Cell[] {
  const painted = (text: string) => paint(colour, text);
  const heard = ageSeconds === null ? 'never heard' : ageInWords(ageSeconds);
  const said = ageSeconds === null ? 'Start it: photo-factory start' : (currentTask ?? '');
  return [{ text: '●', paint: painted }, name, { text: colour, paint: painted }, heard, printable(said)];
}

function inboxInWords({ exists, files, isMore, bytes, oldestAt, problem }: InboxStatus, page: StatusPage): string {
  if (problem !== null) return page.paint('red', `✗ it cannot be looked into: ${printable(problem)}`);
  if (!exists) return 'not made yet';
  if (files === 0 || oldestAt === null) return 'empty';
  const count = `${isMore ? 'more than ' : ''}${plural(files, 'file')}`;
  const age = durationInWords((page.nowMs - Date.parse(oldestAt)) / 1000);
  const words = `${count}, ${bytesInWords(bytes)}, the oldest for ${age}`;
  return page.mode === 'copy' ? `${words} (copy mode: files stay)` : words;
}

function storedInWords({ count, bytes, latestName, latestAt }: StoredTotals, page: StatusPage): string {
  if (latestAt === null || latestName === null) return 'nothing yet';
  const age = ageInWords((page.nowMs - Date.parse(latestAt)) / 1000);
  return `${plural(count, 'file')}, ${bytesInWords(bytes)}; the latest ${age}: ${printable(latestName)}`;
}

function verifiedInWords({ integrity, stored }: LedgerStatus, { paint, nowMs }: StatusPage): string {
  const { verified, neverVerified, oldestAt, days, open } = integrity;
  const count = sumOf(open);
  const found = count === 0 ? '' : `; ${paint('yellow', `${plural(count, 'finding')} to look at`)}`;
  if (oldestAt === null) return `nothing read again yet${found}`;
  const never = neverVerified === 0 ? '' : `, ${countInWords(neverVerified)} never`;
  const age = ageInWords((nowMs - Date.parse(oldestAt)) / 1000);
  return `${countInWords(verified)} of ${countInWords(stored.count)} in ${plural(days, 'day')}${never}, the oldest ${age}${found}`;
}

function pendingInWords({ geocode, thumbnails, curation, backup }: LedgerStatus['pending']): string {
  const works = [
    [geocode, 'to geocode'],
    [thumbnails, 'without thumbnail'],
    [curation, 'to curate'],
    [backup, 'to back up'],
  ] as const;
  const waiting = works.filter(([count]) => count > 0).map(([count, what]) => `${countInWords(count)} ${what}`);
  return waiting.length === 0 ? 'nothing' : waiting.join(' · ');
}

function heldInWords({ files, isMore }: LedgerStatus['held']): string {
  return `${isMore ? 'more than ' : ''}${plural(files, 'file')} that "undo" put back; to file them: photo-factory ingest --held`;
}

/** Errors of stored photos stay on record, so that they are counted and not all shown. */
function moreErrors({ pending, problems, integrity }: LedgerStatus): readonly string[] {
  const moreFindings = sumOf(integrity.open) - problems.filter(({ kind }) => kind === 'finding').length;
  const more = pending.problems - problems.filter(({ kind }) => kind === 'stored-with-error').length;
  return [
    ...(moreFindings <= 0 ? [] : [`  … and ${plural(moreFindings, 'more finding')}: photo-factory verify`]),
    ...(more <= 0 ? [] : [moreStored(more)]),
  ];
}

function moreStored(more: number): string {
  return `  … and ${plural(more, 'more photo')} stored with an error: photo-factory psql -c "SELECT final_path, error_message FROM media_assets WHERE has_errors"`;
}

const OUTCOMES = ['stored', 'duplicates', 'known', 'rejected', 'deferred', 'failed', 'ignored'] as const;

function runLines(runs: readonly RecentRun[], { paint, timeZone }: StatusPage): readonly string[] {
  const rows = runs.map((run): readonly Cell[] => {
    const ends = OUTCOMES.filter((outcome) => run[outcome] > 0).map((outcome) => {
      const words = `${countInWords(run[outcome])} ${outcome}`;
      return outcome === 'failed' || outcome === 'rejected' ? paint('yellow', words) : words;
    });
    return [
      '',
      shortRunId(run.id),
      instantInWords(run.startedAt, timeZone),
      run.command,
      plural(run.seen, 'file'),
      run.endedAt === null ? 'going on' : `in ${durationInWords(run.seconds)}`,
      run.undoneAt === null ? ends.join(', ') : paint('dim', `taken back ${instantInWords(run.undoneAt, timeZone)}`),
    ];
  });
  return alignColumns(rows, 'llllr');
}
