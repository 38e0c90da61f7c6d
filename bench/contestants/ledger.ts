import { join } from 'node:path';
import { connect } from '../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../src/ledger/embedded/open-embedded-postgres.ts';
import { openLog } from '../../src/log.ts';
import type { Library } from './ours.ts';

export type Ledger = AsyncDisposable & {
  /** Whether the photo that came as this file has its row. */
  readonly hasPhoto: (path: string) => Promise<boolean>;
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
    heartbeats: async () => {
      const rows = await sql<{ ms: number }[]>`
        SELECT extract(epoch FROM heartbeat_timestamp)::float8 * 1000 AS ms
        FROM system_status_history WHERE service_name = 'librarian' ORDER BY heartbeat_timestamp`;
      return rows.map(({ ms }) => ms);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
