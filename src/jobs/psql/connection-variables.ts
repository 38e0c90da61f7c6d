import type { DatabaseAddress } from '../../ledger/connect.ts';

/** Parameters of a connection URL, and libpq's variable for each (PostgreSQL, "libpq environment variables"). */
const PARAMETERS: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
};

/**
 * The environment in which libpq's programs reach the ledger by themselves. A password in the environment is seen by
 * this account alone; on a command line by everybody.
 */
export function connectionVariables(
  { url, socketDir }: DatabaseAddress,
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const variables: NodeJS.ProcessEnv = { ...environment };
  for (const name of [...Object.values(PARAMETERS), 'PGHOSTADDR', 'PGSERVICE', 'PGSERVICEFILE']) delete variables[name];
  const given: Record<string, string> = {
    host: socketDir ?? decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    port,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    dbname: decodeURIComponent(pathname.slice(1)),
    ...(socketDir === null ? Object.fromEntries(searchParams) : {}),
  };
  for (const [name, value] of Object.entries(given)) {
    const variable = PARAMETERS[name];
    if (variable !== undefined && value !== '') variables[variable] = value;
  }
  return variables;
}
