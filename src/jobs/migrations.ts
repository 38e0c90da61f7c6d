import { alignColumns } from '../core/text-layout.ts';
import { plural } from '../core/words.ts';
import { EXIT } from '../errors.ts';
import type { Connection } from '../ledger/connect.ts';
import { migrateUp, rollback } from '../ledger/migrate.ts';
import { readMigrationStatus } from '../ledger/migration-status.ts';
import type { Migration } from '../ledger/migrations.ts';
import type { Answer, Page } from './answer.ts';

type Ledger = { readonly connection: Connection; readonly migrations: readonly Migration[] };

/** `db migrate`. As JSON: `{ applied: [tag, …] }`. */
export async function migrateLedger({ connection, migrations }: Ledger): Promise<Answer> {
  const applied = await migrateUp(connection, migrations);
  const lines = applied.map((tag) => `applied ${tag}`);
  const text = applied.length === 0 ? 'Nothing to do: the database is up to date.' : lines.join('\n');
  return { exitCode: EXIT.ok, text, json: { applied } };
}

/** `db rollback`. As JSON: `{ takenBack: [tag, …] }`, newest first. */
export async function rollBackLedger(
  { connection, migrations }: Ledger,
  { steps, dropData }: { readonly steps: number; readonly dropData: boolean },
): Promise<Answer> {
  const takenBack = await rollback(connection, migrations, { steps, dropData });
  const lines = takenBack.map((tag) => `took back ${tag}`);
  const text = takenBack.length === 0 ? 'Nothing to take back: the database has no migration.' : lines.join('\n');
  return { exitCode: EXIT.ok, text, json: { takenBack } };
}

/** `db status`. As JSON: `{ applied: [{ tag, appliedAt }], pending: [tag], problem: { code, message } | null }`. */
export async function showMigrations({ connection, migrations }: Ledger, { paint }: Page): Promise<Answer> {
  const { applied, pending, problem } = await readMigrationStatus(connection, migrations);
  const rows = [
    ...applied.map(({ tag, appliedAt }) => [paint('green', '✓'), tag, `applied ${appliedAt}`]),
    ...pending.map((tag) => [paint('yellow', '!'), tag, 'not applied']),
  ];
  const verdict =
    problem?.message ??
    (pending.length === 0
      ? 'The database is up to date.'
      : `${plural(pending.length, 'migration is', 'migrations are')} missing. "photo-factory start" applies them, or "photo-factory db migrate" now.`);
  return {
    exitCode: problem !== null ? problem.exitCode : pending.length > 0 ? EXIT.findings : EXIT.ok,
    text: [...alignColumns(rows), '', verdict].join('\n').trimStart(),
    json: {
      applied: applied.map(({ tag, appliedAt }) => ({ tag, appliedAt })),
      pending,
      problem: problem === null ? null : { code: problem.code, message: problem.message },
    },
  };
}
