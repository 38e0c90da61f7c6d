import type { DatabaseAddress } from '../connect.ts';

type PgOptions = {
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
} & (
  | { readonly connectionString: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    }
);

/**
 * How workers reach the ledger: by node-postgres, which pg-boss brings. A batch is a transaction that stays open while
 * files are read, and the driver that filing uses does not survive a connection that is cut within one.
 */
export function pgOptions({ url, socketDir }: DatabaseAddress, applicationName: string): PgOptions {
  const common = { application_name: applicationName, connectionTimeoutMillis: 10_000, keepAlive: true };
  if (socketDir === null) return { ...common, connectionString: url };
  const { username, password, port, pathname } = new URL(url);
  return {
    ...common,
    host: socketDir,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}
