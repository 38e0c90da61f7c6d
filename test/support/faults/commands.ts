import type { Config } from '../../../src/config.ts';
import { EXIT } from '../../../src/errors.ts';
import { requireMarker } from '../../../src/io/disk/storage-marker.ts';
import { adoptOriginals, rebuildLedger } from '../../../src/jobs/adopt.ts';
import type { Answer } from '../../../src/jobs/answer.ts';
import type { OriginalItem } from '../../../src/jobs/record-originals/ends.ts';
import { relocate } from '../../../src/jobs/relocate.ts';
import { undo } from '../../../src/jobs/undo.ts';
import { verifyOriginals } from '../../../src/jobs/verify.ts';
import type { Connection } from '../../../src/ledger/connect.ts';
import { readOpenFindings } from '../../../src/ledger/findings.ts';
import { openLog } from '../../../src/log.ts';
import { type FaultBench, LIBRARY_ID } from './fault-bench.ts';
import { stoppedBy } from './stopped-by.ts';

/** A file that a command had trouble with. */
type Trouble = { readonly path: string; readonly code: string; readonly message: string };

/** How a command ended. */
export type CommandEnd = {
  readonly exitCode: number;
  /** What stopped it: a code of ours, or BUG; null when it came to its end. */
  readonly stopped: string | null;
  /** Of what stopped it. */
  readonly message: string;
  readonly troubles: readonly Trouble[];
};

/** A command, given to a library whose readers are open, and held to be alone with it. */
export type Command = (tools: CommandTools, config: Config) => Promise<CommandEnd>;

export type CommandTools = { readonly bench: FaultBench; readonly connection: Connection };

const page = { columns: 100, paint: (_: unknown, text: string) => text };
const log = openLog({ logLevel: 'silent', logPretty: false });

export const giveUndo = command(async ({ bench, connection }, config, world) => {
  const order = { run: 'last', dryRun: false, force: false, items: false };
  const { hasher } = bench.readers;
  const print = () => {};
  const lock = { isHeld: true };
  const answer = await undo({ ...world, config, connection, lock, hasher, order, json: true, page, print });
  const { troubles } = answer.json as { troubles: { path: string; code: string; message: string }[] };
  return ended(answer, troubles);
});

export const giveRelocate = command(async ({ connection }, config, { signal }) => {
  const answer = await relocate({ config, connection, dryRun: false, quick: false, force: false, page, signal });
  const { absences } = answer.json as { absences: { path: string; problem: string }[] };
  const troubles = absences.map(({ path, problem }) => ({ path, code: 'ABSENT', message: problem }));
  return ended(answer, troubles);
});

export const giveVerify = verifying({ isQuick: false });
export const giveQuickVerify = verifying({ isQuick: true });

function verifying({ isQuick }: { readonly isQuick: boolean }): Command {
  return command(async ({ bench, connection }, { storageDir }, world) => {
    const reading = { hasher: bench.readers.hasher, concurrency: 4, filingMs: 0, pass: async () => {} };
    const tools = { ...world, ...reading, connection, storageDir, onFinding: () => {} };
    await verifyOriginals(tools, { isQuick, olderThanDays: 0, slice: null });
    const findings = await connection.ask(() => readOpenFindings(connection.db, null));
    const exitCode = findings.length === 0 ? EXIT.ok : EXIT.findings;
    const troubles = findings.map(({ path, kind, message }) => ({ path, code: kind, message }));
    return ended({ exitCode }, troubles);
  });
}

export const giveAdopt = recording((tools) => adoptOriginals(tools, null));
export const giveRebuild = recording(rebuildLedger);

function recording(record: (tools: Parameters<typeof rebuildLedger>[0]) => Promise<unknown>): Command {
  return command(async ({ bench: { readers }, connection }, config, world) => {
    const troubles: Trouble[] = [];
    const onEnd = ({ path, end, message }: OriginalItem) => {
      if (end === 'failed' || end === 'copies') troubles.push({ path, code: end, message: message ?? '' });
    };
    await record({ ...world, config, connection, readers, onEnd });
    return ended({ exitCode: troubles.length === 0 ? EXIT.ok : EXIT.findings }, troubles);
  });
}

type World = {
  readonly requireStorage: () => Promise<void>;
  readonly log: typeof log;
  readonly signal: AbortSignal;
};

/** What main.ts says of an error is what a command ends with. */
function command(give: (tools: CommandTools, config: Config, world: World) => Promise<CommandEnd>): Command {
  return async (tools, config) => {
    const requireStorage = () => requireMarker(config.storageDir, LIBRARY_ID);
    try {
      return await give(tools, config, { requireStorage, log, signal: new AbortController().signal });
    } catch (error) {
      return { ...stoppedBy(error), troubles: [] };
    }
  };
}

function ended({ exitCode }: Pick<Answer, 'exitCode'>, troubles: readonly Trouble[]): CommandEnd {
  return { exitCode, stopped: null, message: '', troubles };
}
