import type { LoadedConfig } from '../config.ts';
import { printable } from '../core/printable.ts';
import { wrap } from '../core/text-layout.ts';
import { plural } from '../core/words.ts';
import { EXIT, FactoryError, reasonOf } from '../errors.ts';
import type { Answer, Page } from './answer.ts';
import type { Check, Examined, Finding, OpenLedger } from './doctor/finding.ts';
import { problem, warning } from './doctor/finding.ts';
import { diskSpaceCheck, fileSystemCheck, foldersCheck } from './doctor/folder-checks.ts';
import { leftoversCheck, watchingCheck } from './doctor/inbox-checks.ts';
import { integrityCheck } from './doctor/integrity-check.ts';
import { databaseCheck, libraryCheck, migrationsCheck } from './doctor/ledger-checks.ts';
import { linkingCheck } from './doctor/linking-checks.ts';
import { clockCheck, exiftoolCheck, nodeCheck, settingsCheck, timeZoneCheck } from './doctor/machine-checks.ts';
import { syncthingCheck } from './doctor/syncthing-check.ts';

/** In the order in which a person would look. */
const CHECKS: readonly Check[] = [
  nodeCheck,
  settingsCheck,
  foldersCheck,
  diskSpaceCheck,
  fileSystemCheck,
  linkingCheck,
  watchingCheck,
  leftoversCheck,
  databaseCheck,
  migrationsCheck,
  libraryCheck,
  integrityCheck,
  exiftoolCheck,
  timeZoneCheck,
  clockCheck,
  syncthingCheck,
];

type Tools = {
  readonly loaded: LoadedConfig;
  readonly openLedger: () => Promise<OpenLedger & AsyncDisposable>;
  readonly page: Page;
  readonly userId: number | null;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
};

/**
 * Checks everything that a set-up can get wrong, each with the fix. Changes nothing.
 *
 * As JSON: `{ ok, checks: [{ check, verdict: 'ok' | 'warning' | 'problem', words, fix }] }`; the exit code is 3 unless
 * every verdict is `ok`.
 */
export async function examine({ loaded, openLedger, page, userId, nowMs, signal }: Tools): Promise<Answer> {
  await using closing = new AsyncDisposableStack();
  const ledger = await openLedger()
    .then((opened) => closing.use(opened))
    .catch((error: unknown) => asFactoryError(error, signal));
  const { config, origins, warnings } = loaded;
  const examined: Examined = { config, origins, ledger, userId, nowMs, signal };
  const found: Found[] = warnings.map((words) => ({ check: 'Settings', ...warning(words, 'Correct it in .env.') }));
  for (const check of CHECKS) {
    for (const finding of await runCheck(check, examined)) found.push({ check: check.name, ...finding });
  }
  const isOk = found.every(({ verdict }) => verdict === 'ok');
  return { exitCode: isOk ? EXIT.ok : EXIT.findings, text: inWords(found, page), json: { ok: isOk, checks: found } };
}

type Found = Finding & { readonly check: string };

/** A check that cannot be made is a finding, too, and does not keep the others from being made. */
async function runCheck({ name, run }: Check, examined: Examined): Promise<readonly Finding[]> {
  try {
    return await run(examined);
  } catch (error) {
    examined.signal.throwIfAborted();
    return [problem(`could not be checked: ${reasonOf(error)}`, `See the other findings; "${name}" may go with them.`)];
  }
}

function asFactoryError(error: unknown, signal: AbortSignal): FactoryError {
  signal.throwIfAborted();
  if (error instanceof FactoryError) return error;
  return new FactoryError('DATABASE_FAILED', { reason: reasonOf(error) }, error);
}

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], problem: ['red', '✗'] } as const;
const NAME_WIDTH = 12;

function inWords(found: readonly Found[], { paint, columns }: Page): string {
  const indent = ' '.repeat(NAME_WIDTH + 4);
  const width = Math.max(40, columns - indent.length);
  let previous = '';
  const lines = found.flatMap(({ check, verdict, words, fix }) => {
    const [colour, mark] = MARKS[verdict];
    const name = (check === previous ? '' : check).padEnd(NAME_WIDTH);
    previous = check;
    const [first = '', ...rest] = wrap(printable(words), width);
    // A command is not wrapped: it is there to be copied.
    const advice = fix === null ? [] : [`${indent}${paint('bold', '→')} ${fix}`];
    return [`${paint('dim', name)}  ${paint(colour, mark)} ${first}`, ...rest.map((line) => indent + line), ...advice];
  });
  const problems = found.filter(({ verdict }) => verdict === 'problem').length;
  const warnings = found.filter(({ verdict }) => verdict === 'warning').length;
  return [...lines, '', verdictInWords(problems, warnings, paint)].join('\n');
}

function verdictInWords(problems: number, warnings: number, paint: Page['paint']): string {
  if (problems + warnings === 0) return paint('green', 'Everything is fine.');
  const parts = [
    ...(problems > 0 ? [paint('red', `${plural(problems, 'problem')} to solve`)] : []),
    ...(warnings > 0 ? [paint('yellow', `${plural(warnings, 'thing')} to look at`)] : []),
  ];
  return `${parts.join(', ')}.`;
}
