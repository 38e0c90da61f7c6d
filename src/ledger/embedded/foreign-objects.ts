import type postgres from 'postgres';
import { QUEUE_SCHEMA } from '../queue-schema.ts';
import { ROLE } from './create-cluster.ts';

/**
 * What people made in the embedded server for themselves: databases, accounts, and relations beside the ledger's tables.
 * The queue's are ours, too, and made anew when they are missing.
 *
 * @param ours the ledger's tables
 * @returns in words, like `table public.albums`
 */
export async function findForeignObjects(sql: postgres.Sql, ours: readonly string[]): Promise<readonly string[]> {
  const rows = await sql<{ words: string }[]>`
    SELECT 'database ' || datname AS words FROM pg_database
    WHERE NOT datistemplate AND datname NOT IN ('postgres', ${ROLE})
    UNION ALL
    SELECT 'account ' || rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> ${ROLE}
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' ELSE 'table ' END || n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', ${QUEUE_SCHEMA})
      AND NOT (n.nspname = 'public' AND c.relname IN ${sql(['', ...ours])})
    ORDER BY 1`;
  return rows.map(({ words }) => words);
}
