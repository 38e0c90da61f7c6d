import type postgres from 'postgres';

const WITHIN_SECONDS = 7200;

/**
 * The offset from UTC, in minutes, of the photo that the same device took nearest to an instant, at most two hours away;
 * null when there is none that knows its offset. Offsets that were themselves assumed do not count.
 *
 * @param of the instant as a wall clock and how far that is east of UTC
 */
export async function findNeighbourOffset(
  sql: postgres.Sql,
  of: { readonly device: string; readonly wallClock: string; readonly offsetMinutes: number },
): Promise<number | null> {
  const [found] = await sql<{ offsetMinutes: number }[]>`
    WITH asked AS (SELECT ${of.wallClock}::text::timestamp - make_interval(mins => ${of.offsetMinutes}) AS at),
    near AS (
      SELECT captured_utc_offset_minutes AS minutes,
        abs(extract(epoch FROM captured_at - make_interval(mins => captured_utc_offset_minutes) - asked.at)) AS seconds
      FROM media_assets, asked
      -- Any clock on earth is within 18 hours of UTC: so the index on captured_at serves.
      WHERE captured_at BETWEEN asked.at - interval '20 hours' AND asked.at + interval '20 hours'
        AND device = ${of.device} AND captured_utc_offset_minutes IS NOT NULL
        AND captured_zone_source IN ('tag', 'companion', 'position', 'person'))
    SELECT minutes AS "offsetMinutes" FROM near WHERE seconds <= ${WITHIN_SECONDS} ORDER BY seconds LIMIT 1`;
  return found?.offsetMinutes ?? null;
}
