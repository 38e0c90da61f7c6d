import type { SQL } from 'drizzle-orm';
import { sql } from './drizzle.ts';

/** An instant as ISO 8601 in UTC, to the second. */
export function isoInstant(expression: SQL): SQL {
  return sql`to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
