import type { ProtectingLine } from './protecting-lines.ts';

const PAUSES = 'test/faults/pauses.test.ts';
const LOST_ANSWERS = 'test/integration/ledger/lost-answers.test.ts';
const RUN_LOG = 'test/integration/ingest/run-log.test.ts';
const QUERIES = 'test/faults/queries.test.ts';

/** Lines that protect what the ledger says when its database fails. */
export const LEDGER_LINES: readonly ProtectingLine[] = [
  {
    holds: 'I8',
    what: 'a run whose start was not heard of is started again under the same id',
    file: 'src/runtime/run-log.ts',
    line: 'const id = nextId;',
    instead: 'const id = randomUUID();',
    test: RUN_LOG,
    name: 'opens one run, however often',
  },
  {
    holds: 'I8',
    what: 'the last word of a run is kept until it is written',
    file: 'src/runtime/run-log.ts',
    line: 'unwritten.unshift(ending);',
    test: RUN_LOG,
    name: 'writes the end of a run at the next occasion',
  },
  {
    holds: 'I8',
    what: 'a run waits for its files, however long an outage made it quiet',
    file: 'src/runtime/run-log.ts',
    line: '!isInWork && ',
    test: RUN_LOG,
    name: 'keeps a run open that was quiet for long',
  },
  {
    holds: 'I8',
    what: 'a run that is closed keeps its end',
    file: 'src/ledger/runs.ts',
    line: `endedAt: sql\`greatest(started_at, now() - make_interval(secs => \${quietSeconds}))\` })
    .where(and(eq(ingestRuns.id, runId), isNull(ingestRuns.endedAt)));`,
    instead: `endedAt: sql\`greatest(started_at, now() - make_interval(secs => \${quietSeconds}))\` })
    .where(and(eq(ingestRuns.id, runId)));`,
    test: LOST_ANSWERS,
    name: 'a run whose end was done and not heard of',
  },
  {
    holds: 'I8',
    what: 'an outcome that was written and not heard of is found again',
    file: 'src/ledger/arrivals.ts',
    line: 'WHERE NOT EXISTS (SELECT FROM written)',
    test: LOST_ANSWERS,
    name: 'an outcome that was written and not heard of',
  },
  {
    holds: 'I2, I8',
    what: 'a row that leads to a photo is never written over',
    file: 'src/ledger/arrivals.ts',
    line: ' AND a.asset_id IS NULL',
    test: LOST_ANSWERS,
    name: 'never writes over what leads to a photo',
  },
  {
    holds: 'I8',
    what: 'a photo that was recorded does not fail afterwards',
    file: 'src/runtime/librarian.ts',
    line: 'await noteStored(ingest, facts, outcome.message)',
    instead: 'null',
    test: QUERIES,
    name: 'a photo that was recorded is stored',
  },
  {
    holds: 'I8',
    what: 'what was found about an original is over when it is found whole',
    file: 'src/stages/ingest-duplicate.ts',
    line: '      if (asset.hasErrors) await tools.ledger.recordWhole(factsOf(asset, photo.sha256));\n',
    test: 'test/integration/ingest/back-again.test.ts',
    name: 'an original that was missing and is back',
  },
  {
    holds: 'I8',
    what: 'a statement that is cancelled every time is, in the end, one file’s trouble',
    file: 'src/core/outage.ts',
    line: " || DATABASE_BUSY.test(systemCode ?? '')",
    test: QUERIES,
    name: 'a photo whose row is never taken in time',
  },
  {
    holds: 'I8',
    what: 'a read-only database is an outage',
    file: 'src/core/outage.ts',
    line: '|25006',
    test: 'test/unit/core/outage.test.ts',
    name: '25006',
  },
  {
    holds: 'I8',
    what: 'whether the database is back is asked by writing',
    file: 'src/runtime/start-librarian.ts',
    line: 'requireWritable(db)',
    instead: 'db.execute("SELECT 1")',
    test: PAUSES,
    name: 'a daemon whose database is read-only',
  },
  {
    holds: 'I8',
    what: 'connections that never answer are given up',
    file: 'src/ledger/connect.ts',
    line: 'if (isNoAnswer(error)) await replace(asked);',
    test: LOST_ANSWERS,
    name: 'a connection that never answers',
  },
];
