import type postgres from 'postgres';
import { FactoryError } from '../errors.ts';
import type { Connection } from './connect.ts';
import type { Migration } from './migrations.ts';

/** A migration that the database has. `appliedAt` is an instant in UTC, ISO 8601. */
export type AppliedMigration = { readonly tag: string; readonly sha256: string; readonly appliedAt: string };

export type MigrationStatus = {
  /** In the order in which they were applied. */
  readonly applied: readonly AppliedMigration[];
  /** Tags that the program knows and the database lacks. */
  readonly pending: readonly string[];
  /** Why the two do not fit together, or null when they do. */
  readonly problem: FactoryError | null;
};

/** Where the database is, compared with this program. Reads only, also from a database that was never migrated. */
export async function readMigrationStatus(
  { sql }: Pick<Connection, 'sql'>,
  migrations: readonly Migration[],
): Promise<MigrationStatus> {
  const applied = await readAppliedMigrations(sql);
  const known = new Set(applied.map(({ tag }) => tag));
  return {
    applied,
    pending: migrations.map(({ tag }) => tag).filter((tag) => !known.has(tag)),
    problem: findMigrationProblem(migrations, applied),
  };
}

/**
 * Makes sure that the database is exactly where the program expects it.
 *
 * @throws FactoryError DATABASE_NEWER, DATABASE_DIVERGED or DATABASE_NOT_MIGRATED
 */
export async function requireMigrated(
  connection: Pick<Connection, 'sql'>,
  migrations: readonly Migration[],
): Promise<void> {
  const { pending, problem } = await readMigrationStatus(connection, migrations);
  if (problem !== null) throw problem;
  if (pending.length > 0) throw new FactoryError('DATABASE_NOT_MIGRATED', { count: pending.length });
}

/** What the database says it has, oldest first; nothing when it was never migrated. */
export async function readAppliedMigrations(sql: postgres.Sql): Promise<readonly AppliedMigration[]> {
  const [table] = await sql<{ exists: boolean }[]>`
    SELECT to_regclass('public.schema_migrations') IS NOT NULL AS exists`;
  if (table?.exists !== true) return [];
  return sql<AppliedMigration[]>`
    SELECT tag, sha256, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "appliedAt"
    FROM public.schema_migrations ORDER BY tag`;
}

/** The database must have the first so many migrations that the program knows, unchanged, and no other. */
export function findMigrationProblem(
  migrations: readonly Migration[],
  applied: readonly Pick<AppliedMigration, 'tag' | 'sha256'>[],
): FactoryError | null {
  const byTag = new Map(migrations.map((migration) => [migration.tag, migration]));
  const stranger = applied.find(({ tag }) => !byTag.has(tag));
  if (stranger !== undefined) return new FactoryError('DATABASE_NEWER', { migration: stranger.tag });

  const changed = applied.find(({ tag, sha256 }) => byTag.get(tag)?.sha256 !== sha256);
  if (changed !== undefined) {
    return new FactoryError('DATABASE_DIVERGED', {
      migration: changed.tag,
      reason: 'its file was changed after it was applied',
      advice: 'Put the file back as it was and write a new migration instead.',
    });
  }
  const skipped = migrations.slice(0, applied.length).find(({ tag }) => !applied.some((one) => one.tag === tag));
  if (skipped === undefined) return null;
  return new FactoryError('DATABASE_DIVERGED', {
    migration: skipped.tag,
    reason: 'later ones were applied without it',
    advice: 'Roll those back, or give this one a later number.',
  });
}
