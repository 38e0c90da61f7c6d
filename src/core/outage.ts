/** A fault that is nobody's photo's: everything pauses until it is over, and nothing counts as a failure. */
export type Outage = 'database' | 'storage';

/**
 * SQLSTATE classes and driver codes that say the server is away or cannot go on (08 connection, 28 refused login,
 * 53 disk, memory or connections used up, 58 its own disk failed), not that the statement was wrong.
 */
const DATABASE_AWAY =
  /^((08|28|53|58)[0-9A-Z]{3}|57P0[1-5]|3D000|CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONN(REFUSED|RESET|ABORTED)|E(HOST|NET)UNREACH|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)$/;

/** What a full, read-only, failing or vanished volume says. */
const STORAGE_AWAY: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ENOTCONN', 'ENODEV']);

/**
 * Decides whether a fault is an outage.
 *
 * @param systemCode what the system said deepest down: an errno name, an SQLSTATE or a driver's code; null when nothing
 * @param factoryCode the failure's own name, when it has one
 */
export function decideOutage(systemCode: string | null, factoryCode: string | null): Outage | null {
  if (factoryCode === 'STORAGE_MISMATCH' || factoryCode === 'STORAGE_UNUSABLE') return 'storage';
  if (systemCode === null) return null;
  if (STORAGE_AWAY.has(systemCode)) return factoryCode === 'READ_FAILED' ? null : 'storage';
  return DATABASE_AWAY.test(systemCode) ? 'database' : null;
}
