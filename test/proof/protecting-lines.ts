import { DISK_LINES } from './disk-lines.ts';
import { LEDGER_LINES } from './ledger-lines.ts';
import { STORED_LINES } from './stored-lines.ts';

/** A line that protects a promise, and the test that fails without it. */
export type ProtectingLine = {
  /** The promises of docs/design.md that it holds. */
  readonly holds: string;
  /** What it does, for the table in docs/protecting-lines.md. */
  readonly what: string;
  readonly file: string;
  /** The text that is taken out; it must be in the file exactly once. */
  readonly line: string;
  /** What stands there then; by default nothing. */
  readonly instead?: string;
  /** The test file, and the beginning of the test's full name. */
  readonly test: string;
  readonly name: string;
};

export const PROTECTING_LINES: readonly ProtectingLine[] = [
  ...LEDGER_LINES,
  ...DISK_LINES,
  ...STORED_LINES,
  {
    holds: 'I6',
    what: 'a duplicate goes only after the stored original was read again',
    file: 'src/stages/ingest-duplicate.ts',
    line: 'await compareStored(tools, asset, photo.sha256)',
    instead: `'same' as Awaited<ReturnType<typeof compareStored>>`,
    test: 'test/integration/ingest/ingest-once.test.ts',
    name: 'stays, and the asset is flagged',
  },
  {
    holds: 'I6',
    what: 'a pending release is finished only after the stored original was read again',
    file: 'src/stages/ingest-release.ts',
    line: `stored !== null && (await compareStored(tools, stored, stored.fileHash)) === 'same'`,
    instead: 'stored !== null',
    test: 'test/integration/ingest/ingest-once.test.ts',
    name: 'between recording and releasing, the inbox copy stays',
  },
  {
    holds: 'I6',
    what: 'the inbox copy goes after the record',
    file: 'src/stages/ingest.ts',
    line: 'const recorded = await recordAsset(tools, photo, facts, placement); // 7',
    instead: `await (await import('node:fs/promises')).unlink(source.path);
    const recorded = await recordAsset(tools, photo, facts, placement); // 7`,
    test: 'test/integration/ingest/ingest-once.test.ts',
    name: 'a row that the database does not take',
  },
  {
    holds: 'I8',
    what: 'a file that was given up is written down',
    file: 'src/runtime/librarian.ts',
    line: 'if (stored === null) return writeDown(ingest, facts, outcome);',
    instead: 'if (stored === null) return null;',
    test: 'test/integration/ingest/ingest-once.test.ts',
    name: 'a row that the database does not take',
  },
  {
    holds: 'I6',
    what: 'copy mode removes nothing, also not what move mode left to be removed',
    file: 'src/runtime/recover.ts',
    line: `ingestMode === 'move'`,
    instead: 'true',
    test: 'test/integration/ingest/copy-mode.test.ts',
    name: 'before the release, the inbox copy stays',
  },
  {
    holds: 'I7',
    what: 'an original that copy mode finds to share its bytes with the inbox gets its own',
    file: 'src/stages/ingest-duplicate.ts',
    line: `  await tools.placer.separate(source, { sha256, path: asset.finalPath });
`,
    test: 'test/integration/ingest/copy-mode.test.ts',
    name: 'before the release, the inbox copy stays',
  },
  {
    holds: 'I8',
    what: 'what moved its ctime is read again, whatever its size and mtime',
    file: 'src/core/inbox-file.ts',
    line: ' && a.ctimeNs === b.ctimeNs',
    test: 'test/integration/ingest/copy-mode.test.ts',
    name: 'other bytes of the same size',
  },
  {
    holds: 'I2, I3',
    what: 'a lost acknowledgement is recognised as our own commit',
    file: 'src/ledger/record-stored.ts',
    line: 'if (winner.finalPath !== asset.finalPath) return',
    instead: 'return',
    test: 'test/integration/ledger/record-stored.test.ts',
    name: 'called again after its answer was lost',
  },
  {
    holds: 'I1, I6',
    what: 'kill -9: the inbox copy goes after the record',
    file: 'src/stages/ingest.ts',
    line: 'const recorded = await recordAsset(tools, photo, facts, placement); // 7',
    instead: `await (await import('node:fs/promises')).unlink(source.path);
    const recorded = await recordAsset(tools, photo, facts, placement); // 7`,
    test: 'test/integration/crash/program.test.ts',
    name: 'link (ingest)',
  },
  {
    holds: 'I4',
    what: 'kill -9: a start clears up what is unfinished',
    file: 'src/runtime/recover.ts',
    line: `  for (const left of await clearIncoming(privateFolder)) log.warn(left, 'an unfinished copy could not be removed');
`,
    test: 'test/integration/crash/program.test.ts',
    name: 'other volume',
  },
  {
    holds: 'I8',
    what: 'kill -9: a start finishes the releases that a crash left',
    file: 'src/runtime/recover.ts',
    line: 'if (pending.length === 0) break;',
    instead: 'break;',
    test: 'test/integration/crash/program.test.ts',
    name: 'link (ingest)',
  },
  {
    holds: 'I6, I8',
    what: 'kill -9: the row says that the inbox copy is still to go',
    file: 'src/stages/ingest.ts',
    line: `releasePending: tools.settings.ingestMode === 'move'`,
    instead: 'releasePending: false',
    test: 'test/integration/crash/program.test.ts',
    name: 'link (ingest)',
  },
  {
    holds: 'I7',
    what: 'kill -9: nothing is shared with an inbox that stays as it is',
    file: 'src/runtime/open-ingest-tools.ts',
    line: `const mayShareInode = config.ingestMode === 'move' && config.duplicates !== 'keep';`,
    instead: 'const mayShareInode = true;',
    test: 'test/integration/crash/program.test.ts',
    name: 'copy mode',
  },
  {
    holds: 'I8',
    what: 'PostgreSQL killed: an end whose answer was lost is taken up, not come to again',
    file: 'src/runtime/librarian.ts',
    line: 'const ended = isRetry ? await takeUpEnd(ingest, facts) : null;',
    instead: 'const ended = null;',
    test: 'test/integration/crash/database.test.ts',
    name: 'the daemon goes on by itself: link, database killed at "sent',
  },
  {
    holds: 'I8',
    what: 'a PostgreSQL whose start was given up is ended',
    file: 'src/ledger/embedded/start-server.ts',
    line: '      await endUnfinished(child);\n',
    test: 'test/integration/embedded/life.test.ts',
    name: 'a start that is given up leaves no server behind',
  },
  {
    holds: 'I6',
    what: 'ingest begins nothing once another program has the library',
    file: 'src/jobs/ingest-once.ts',
    line: `    if (!lock.isHeld) stop.abort(whyStopped('database', new Error(LOCK_LOST), config));
`,
    test: 'test/integration/crash/lost-library.test.ts',
    name: 'ingest begins no file any more',
  },
  {
    holds: 'I2, I8',
    what: 'a file that is not the one that settled is not read yet',
    file: 'src/stages/ingest.ts',
    line: 'isSameContentState(arrival.identity, source.identity)',
    instead: 'true',
    test: 'test/integration/ingest/mishaps.test.ts',
    name: 'while it waited for its turn is not read before it has settled again',
  },
  {
    holds: 'I2, I3',
    what: 'files of one content are in work one after the other',
    file: 'src/stages/ingest.ts',
    line: 'await tools.oneAtATime(sha256, async () => {',
    instead: 'await ((_: string, task: () => Promise<RunItem>) => task())(sha256, async () => {',
    test: 'test/integration/real/replaced.test.ts',
    name: 'two identical files of one name, and a third of other content',
  },
  {
    holds: 'I1',
    what: 'before every file the storage is asked whether it is the library’s own',
    file: 'src/runtime/librarian.ts',
    line: `        await ingest.requireStorage();
        const facts = await factsOf(file, arrival);
`,
    instead: `        const facts = await factsOf(file, arrival);
`,
    test: 'test/integration/ingest/mishaps.test.ts',
    name: 'nothing is filed once the storage is not the library’s own any more',
  },
  {
    holds: 'I3',
    what: 'the ledger takes one row a content',
    file: 'drizzle/0000_core.sql',
    line: `	CONSTRAINT "media_assets_file_hash_key" UNIQUE("file_hash"),
`,
    test: 'test/integration/verify/adopt.test.ts',
    name: 'leaves a second copy where it is, and makes no second row',
  },
  {
    holds: 'I3',
    what: 'the ledger takes one row a place',
    file: 'drizzle/0000_core.sql',
    line: 'CREATE UNIQUE INDEX "media_assets_final_path_key"',
    instead: 'CREATE INDEX "media_assets_final_path_key"',
    test: 'test/integration/ledger/rules.test.ts',
    name: 'has one row a content and one row a place',
  },
  {
    holds: 'I3, I6',
    what: 'two programs never have one library',
    file: 'src/ledger/library-lock.ts',
    line: 'taken?.locked === true',
    instead: 'taken !== undefined',
    test: 'test/integration/daemon/daemon.test.ts',
    name: 'has the library to itself: a second one, and ingest, leave',
  },
  {
    holds: 'I8',
    what: 'a photo whose metadata cannot be read is stored all the same',
    file: 'src/io/metadata/metadata-reader.ts',
    line: `    signal.throwIfAborted();
    const problem =
      error instanceof ReadTimeout`,
    instead: `    throw error;
    const problem =
      error instanceof ReadTimeout`,
    test: 'test/integration/hostile/metadata-fuzz.test.ts',
    name: '400 of them go through ingest',
  },
];
