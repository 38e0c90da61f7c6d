import type postgres from 'postgres';

/** What the server says of itself, as far as it matters to people's photos. */
export type ServerFacts = {
  readonly version: string;
  readonly major: number;
  readonly encoding: string;
  /** `fsync`, `synchronous_commit` and `full_page_writes`: each `on` where a power cut loses nothing. */
  readonly safety: Readonly<Record<string, string>>;
  /** The server's clock less ours, in seconds, to within half of `askedForMs`. */
  readonly clockAheadSeconds: number;
  readonly askedForMs: number;
};

/** Asks the server. @param nowMs this machine's clock, milliseconds since 1970 */
export async function readServerFacts(sql: postgres.Sql, nowMs: () => number): Promise<ServerFacts> {
  const askedAtMs = nowMs();
  const [clock] = await sql<{ ms: number }[]>`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms`;
  const answeredAtMs = nowMs();
  const [row] = await sql<Row[]>`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
           current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('full_page_writes') AS full_page_writes`;
  if (row === undefined || clock === undefined) throw new Error('the server answered without a row');
  const { version, number, encoding, ...safety } = row;
  return {
    version,
    major: Math.floor(number / 10_000),
    encoding,
    safety,
    clockAheadSeconds: (clock.ms - (askedAtMs + answeredAtMs) / 2) / 1000,
    askedForMs: answeredAtMs - askedAtMs,
  };
}

type Row = {
  readonly version: string;
  readonly number: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly synchronous_commit: string;
  readonly full_page_writes: string;
};
