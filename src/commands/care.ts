import { availableParallelism } from 'node:os';
import type { AdoptOrder, CareOrder, VerifyOrder } from '../command-line/care.ts';
import type { Desk } from '../commands.ts';
import { countAhead } from '../core/count-ahead.ts';
import { NO_COUNTS } from '../core/run-summary.ts';
import { EXIT, FactoryError } from '../errors.ts';
import { type Factory, openFactory } from '../factory.ts';
import { openHasher } from '../io/disk/hasher.ts';
import { adoptOriginals, type RecordingResult, type RecordingTools, rebuildLedger } from '../jobs/adopt.ts';
import type { Answer } from '../jobs/answer.ts';
import { keepLateWrites } from '../jobs/keep-late-writes.ts';
import type { OriginalItem } from '../jobs/record-originals/ends.ts';
import {
  collectOriginals,
  NOT_RECOVERABLE,
  notRecoverableLines,
  recordedInWords,
} from '../jobs/record-originals/recorded-in-words.ts';
import { findNamedOriginals } from '../jobs/record-originals/walk-paths.ts';
import { FILING_MS } from '../jobs/verify/filing-time.ts';
import { sumOf, verifyInWords } from '../jobs/verify/verify-in-words.ts';
import { walkOriginals } from '../jobs/verify/verify-strays.ts';
import { verifyOriginals } from '../jobs/verify.ts';
import { againAtLength } from '../ledger/again.ts';
import { countOpenFindings, readOpenFindings } from '../ledger/findings.ts';
import { findDoubtfulLinks } from '../ledger/verification.ts';
import { openIngestTools } from '../runtime/open-ingest-tools.ts';
import { openProgressLine } from '../runtime/progress-line.ts';

const SHOWN = 20;
const LISTED = 100;
/** Files in hand for each thread, so that none waits for a file to be opened. */
const FILES_A_THREAD = 4;
const PROGRESS_MS = 200;

/** The commands that look after what is stored. */
export function runCare(order: CareOrder, desk: Desk): Promise<Answer> {
  switch (order.command) {
    case 'verify':
      return verify(order, desk);
    case 'adopt':
      return adopt(order, desk);
    case 'rebuild':
      return rebuild(order, desk);
  }
}

/** As JSON: the counts, `open` findings by kind, and `findings`: the first 100, or all with --items. */
async function verify(order: VerifyOrder, desk: Desk): Promise<Answer> {
  const { loaded, log, page, stop } = desk;
  const tools = { config: loaded.config, log, signal: stop.signal };
  await using factory = await openFactory(tools, { migrate: 'require', exclusive: null, storage: 'read' });
  const { connection, config, requireStorage } = factory;
  const threads = availableParallelism();
  const { megabytesPerSecond: rate } = order;
  await using hasher = openHasher({ threads, bytesPerSecond: rate === null ? null : rate * 1e6 });
  using progress = showProgress();
  const result = await verifyOriginals(
    {
      connection,
      storageDir: config.storageDir,
      hasher,
      concurrency: threads * FILES_A_THREAD,
      filingMs: FILING_MS,
      requireStorage,
      pass: async () => {},
      onFinding: () => {},
      onStart: ({ files }, soFar) => progress.follow(() => ({ ...soFar(), of: files })),
      signal: stop.signal,
    },
    order,
  );
  await keepLateWritesIfAlone(factory, desk);
  const { db, ask } = connection;
  const open = await ask(() => countOpenFindings(db));
  const isAll = desk.json && order.items;
  const findings = await againAtLength(
    () => readOpenFindings(db, isAll ? null : desk.json ? LISTED : SHOWN),
    desk.stop.signal,
  );
  const told = { ...result, open };
  return {
    exitCode: sumOf(open) === 0 ? EXIT.ok : EXIT.findings,
    text: verifyInWords(told, findings, page),
    json: { ...told, findings },
  };
}

/** A daemon does that by itself; without one, now is the time. */
async function keepLateWritesIfAlone(factory: Factory, { log, stop }: Desk): Promise<void> {
  const { connection, config, requireStorage, takeLibrary } = factory;
  if ((await connection.ask(() => findDoubtfulLinks(connection.db, { after: '0', limit: 1 }))).length === 0) return;
  const { signal } = stop;
  try {
    await using _lock = await takeLibrary('verify');
    await using opened = await openIngestTools({ config, connection, log, requireStorage, signal });
    const pass = async () => signal.throwIfAborted();
    await keepLateWrites({ connection, ingest: opened.tools, config, pass, lookedAt: new Map(), log, signal });
  } catch (error) {
    if (!(error instanceof FactoryError) || error.code !== 'LIBRARY_IN_USE') throw error;
  }
}

/** As JSON: the counts, and `items` of what was left alone: the first of each kind, or every file with --items. */
async function adopt(order: AdoptOrder, desk: Desk): Promise<Answer> {
  await using factory = await openForRecording(desk, 'verify', true);
  const paths = order.paths === null ? null : await findNamedOriginals(factory.config.storageDir, order.paths);
  using recording = openRecording(factory, desk, order.items);
  const result = await adoptOriginals(recording.tools, paths);
  const late = result.lateWrites > 0 ? `\nLate writes made photos of their own: ${result.lateWrites}.` : '';
  return {
    exitCode: exitOf(result),
    text: recordedInWords(result, recording.items, desk.page) + late,
    json: { ...result, items: recording.items },
  };
}

/** As JSON: the counts, `items` as with `adopt`, and `notRecoverable`: what only the old ledger knew, in words. */
async function rebuild(order: { readonly items: boolean }, desk: Desk): Promise<Answer> {
  await using factory = await openForRecording(desk, 'rebuild', 'take over');
  using recording = openRecording(factory, desk, order.items);
  const result = await rebuildLedger(recording.tools);
  return {
    exitCode: exitOf(result),
    text: [recordedInWords(result, recording.items, desk.page), ...notRecoverableLines(desk.page)].join('\n'),
    json: { ...result, items: recording.items, notRecoverable: NOT_RECOVERABLE },
  };
}

function exitOf({ copies, failed }: RecordingResult): number {
  return copies + failed === 0 ? EXIT.ok : EXIT.findings;
}

function openForRecording({ loaded, log, stop }: Desk, exclusive: string, storage: true | 'take over') {
  return openFactory({ config: loaded.config, log, signal: stop.signal }, { migrate: 'apply', exclusive, storage });
}

type Recording = Disposable & { readonly tools: RecordingTools; readonly items: readonly OriginalItem[] };

function openRecording(
  { config, connection, requireStorage }: Factory,
  { log, stop }: Desk,
  keepItems: boolean,
): Recording {
  const progress = showProgress();
  const examples = collectOriginals();
  const all: OriginalItem[] = [];
  const done = { seen: 0, bytes: 0 };
  const onEnd: RecordingTools['onEnd'] = (item, { seen, bytes }) => {
    Object.assign(done, { seen, bytes });
    if (keepItems) all.push(item);
    else examples.add(item);
  };
  if (process.stderr.isTTY === true) {
    const ahead = countAhead(walkOriginals({ storageDir: config.storageDir, signal: stop.signal }));
    progress.follow(() => ({ ...done, of: ahead.files }));
  }
  return {
    tools: { config, connection, requireStorage, onEnd, log, signal: stop.signal },
    items: keepItems ? all : examples.items,
    [Symbol.dispose]: () => progress[Symbol.dispose](),
  };
}

type Done = { readonly seen: number; readonly bytes: number; readonly of: number };

/** A line on a terminal that is drawn anew several times a second. */
function showProgress(): Disposable & { readonly follow: (read: () => Done) => void } {
  const line = openProgressLine(process.stderr, () => performance.now());
  let timer: NodeJS.Timeout | null = null;
  return {
    follow: (read) => {
      timer = setInterval(() => {
        const { seen, bytes, of } = read();
        line.show({ counts: { ...NO_COUNTS, seen, bytes }, inWork: 0, waiting: Math.max(0, of - seen) });
      }, PROGRESS_MS);
    },
    [Symbol.dispose]: () => {
      if (timer !== null) clearInterval(timer);
      line[Symbol.dispose]();
    },
  };
}
