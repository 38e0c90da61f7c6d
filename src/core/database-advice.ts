import { decideOutage } from './outage.ts';

/**
 * What a person can do about a PostgreSQL server that refuses or does not answer.
 *
 * @param code the system's or PostgreSQL's error code (appendix A of its manual); null when there is none
 */
export function adviseOnDatabase(code: string | null): string {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return 'Nothing listens there: is the server running, and are host and port in DATABASE_URL right?';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'The host in DATABASE_URL is not known here: check its spelling and the network.';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'CONNECT_TIMEOUT':
      return 'The host does not answer: check the network, a firewall, and the port in DATABASE_URL.';
    case '28P01': // invalid_password
    case '28000': // invalid_authorization_specification
      return 'Check user and password in DATABASE_URL (characters like @ : / in a password are written as %40 %3A %2F), and the server’s pg_hba.conf.';
    case '3D000': // invalid_catalog_name
      return 'Make the database first: CREATE DATABASE …, owned by the user in DATABASE_URL.';
    case '25006': // read_only_sql_transaction
      return 'The server is read-only: it may be a standby. Name the primary in DATABASE_URL, or allow writing again.';
    case '53100': // disk_full
      return 'The disk of the database is full: make room on it.';
    case '53300': // too_many_connections
      return 'Raise max_connections on the server, or close other programs.';
    case '57P03': // cannot_connect_now
      return 'The server is starting or stopping: try again in a moment.';
    default:
      return 'Check DATABASE_URL and the server’s log, or unset DATABASE_URL to use the embedded PostgreSQL.';
  }
}

/** Whether a code says that the server went away, cannot go on or is too busy, which is nobody's bug. */
export function isDatabaseAway(code: string | null): boolean {
  return decideOutage(code, null) === 'database';
}
