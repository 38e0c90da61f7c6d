import type postgres from 'postgres';

/** Every row of every table that says something about photos, to be compared with what it was. */
export async function dumpLedger(sql: postgres.Sql): Promise<Record<string, unknown[]>> {
  const tables = ['media_assets', 'inbox_arrivals', 'ingest_runs', 'integrity_findings', 'library'] as const;
  const dump = tables.map(async (table) => {
    const rows = await sql`SELECT to_jsonb(t) AS row FROM ${sql(table)} t ORDER BY to_jsonb(t)::text`;
    return [table, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(dump));
}
