import type { Config } from '../config.ts';
import { NO_COUNTS } from '../core/run-summary.ts';
import type { UndoItem } from '../core/undo-summary.ts';
import { EXIT } from '../errors.ts';
import type { Hasher } from '../io/disk/hasher.ts';
import type { Connection } from '../ledger/connect.ts';
import type { LibraryLock } from '../ledger/library-lock.ts';
import type { Log } from '../log.ts';
import { openProgressLine } from '../runtime/progress-line.ts';
import type { Answer, Page } from './answer.ts';
import { undoInWords, undoLine } from './undo-in-words.ts';
import { undoRun } from './undo-run.ts';

type Undo = {
  readonly config: Config;
  readonly connection: Connection;
  readonly lock: Pick<LibraryLock, 'isHeld'> | null;
  readonly requireStorage: () => Promise<void>;
  readonly order: { readonly run: string; readonly dryRun: boolean; readonly force: boolean; readonly items: boolean };
  /** One that is open already. */
  readonly hasher?: Hasher;
  readonly json: boolean;
  readonly page: Page;
  /** Writes a line to standard output. */
  readonly print: (text: string) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/**
 * `undo`: takes a run back and tells what became of its files; as a dry run, of each in a line.
 *
 * As JSON: the totals, `troubles` (every file that was refused or is unfinished) and, when asked for, all `items`.
 *
 * @throws FactoryError, see `undoRun`
 */
export async function undo({ config, lock, order, json, page, print, ...world }: Undo): Promise<Answer> {
  if (lock === null) throw new Error('undo needs the library to itself');
  using line = openProgressLine(process.stderr, () => performance.now());
  const troubles: UndoItem[] = [];
  const items: UndoItem[] = [];
  const summary = await undoRun({
    ...world,
    ...order,
    config,
    lock,
    onItem: (item) => {
      if (item.code !== null) troubles.push(item);
      if (order.items) items.push(item);
      if (order.dryRun && !json) print(undoLine(item, config));
    },
    onProgress: ({ counts: { seen, bytes }, files }) =>
      line.show({ counts: { ...NO_COUNTS, seen, bytes }, inWork: 0, waiting: Math.max(0, files - seen) }),
  });
  return {
    exitCode: troubles.length === 0 ? EXIT.ok : EXIT.findings,
    text: undoInWords(summary, troubles, { config, page }),
    json: { ...summary, troubles, ...(order.items ? { items } : {}) },
  };
}
