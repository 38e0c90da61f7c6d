import { join } from 'node:path';
import { connect } from '../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../src/ledger/embedded/open-embedded-postgres.ts';
import { openLog } from '../../src/log.ts';
import type { Library } from './ours.ts';

export type Ledger = AsyncDisposable & {
  /** Whether the photo that came as this file has its row. */
  readonly hasPhoto: (path: string) => Promise<boolean>;
  /** Makes it the ledger of a library that has so many photos already, with nothing left to do; their files are not there. */
  readonly fill: (rows: number, root: string) => Promise<void>;
  /** When the librarian wrote that it is alive, in milliseconds since 1970, in order. */
  readonly heartbeats: () => Promise<readonly number[]>;
};

/** Looks into a library's ledger beside the program. */
export async function openLedger({ root }: Pick<Library, 'root'>): Promise<Ledger> {
  await using opening = new AsyncDisposableStack();
  const log = openLog({ logLevel: 'silent', logPretty: false });
  const { address } = opening.use(await openEmbeddedPostgres({ dataDir: join(root, 'data'), log }));
  const { sql } = opening.use(connect(address, { max: 1, applicationName: 'photo-factory-bench' }));
  await sql`SELECT 1`;
  const stack = opening.move();
  return {
    hasPhoto: async (path) => (await sql`SELECT 1 FROM media_assets WHERE original_path = ${path}`).length > 0,
    fill: async (rows, root) => {
      const originals = `${root}/Storage/Originals/`;
      const inbox = `${root}/Photos_Inbox/`;
      await sql`
        INSERT INTO media_assets
          (file_hash, original_name, original_path, final_path, size_bytes, captured_at, shot_key, group_pending)
        SELECT encode(sha256(n::text::bytea), 'hex'), name, ${inbox} || name,
          ${originals} || to_char(day, 'YYYY/YYYY-MM-DD/') || name, 4000000, day, 'bench ' || n, false
        FROM generate_series(1, ${rows}::int) n,
          LATERAL (SELECT 'OLD_' || n || '.JPG' AS name, timestamp '1994-01-01' + make_interval(days => n % 10000) AS day)`;
      await sql`
        INSERT INTO inbox_arrivals (path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, file_hash, asset_id)
        SELECT original_path, 1, row_number() OVER (), size_bytes, 0, 0, 'stored', file_hash, id FROM media_assets`;
      await sql`ANALYZE`;
    },
    heartbeats: async () => {
      const rows = await sql<{ ms: number }[]>`
        SELECT extract(epoch FROM heartbeat_timestamp)::float8 * 1000 AS ms
        FROM system_status_history WHERE service_name = 'librarian' ORDER BY heartbeat_timestamp`;
      return rows.map(({ ms }) => ms);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
