import type postgres from 'postgres';

/** Everything a database has in `public`, in PostgreSQL's own words: equal for equal databases. */
export async function introspect(sql: postgres.Sql) {
  const relations = await sql`
    SELECT c.relname AS name, c.relkind AS kind FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I') ORDER BY 1`;
  const columns = await sql`
    SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull AS "isRequired", pg_get_expr(d.adbin, d.adrelid) AS fallback,
           a.attidentity AS identity, a.attgenerated AS generated, a.attnum AS position
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY 1, a.attnum`;
  const constraints = await sql`
    SELECT c.relname AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS definition, k.convalidated AS valid
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = 'public'::regnamespace
      AND k.contype <> 'n' -- from PostgreSQL 18 on, NOT NULL is a constraint, too; columns have it already
    ORDER BY 1, 2`;
  const indexes = await sql`
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1`;
  const triggers = await sql`
    SELECT c.relname AS "table", t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled AS enabled
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2`;
  const functions = await sql`
    SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`;
  const types = await sql`
    SELECT typname AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r') ORDER BY 1`;
  return { relations, columns, constraints, indexes, triggers, functions, types };
}
