/** A fault that is nobody's photo's: everything pauses until it is over, and nothing counts as a failure. */
export type Outage = 'database' | 'storage';

/**
 * SQLSTATE classes and driver codes that say the server is away or cannot go on (08 connection, 25006 it is a standby or
 * was set read-only, 28 refused login, 53 disk, memory or connections used up, 58 its own disk failed), not that the
 * statement was wrong.
 */
const DATABASE_AWAY =
  /^((08|28|53|58)[0-9A-Z]{3}|57P0[1-5]|25006|3D000|CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONN(REFUSED|RESET|ABORTED)|E(HOST|NET)UNREACH|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)$/;

/** Somebody else had the row, or took too long with it: serialization, deadlock, lock not available, statement cancelled. */
const DATABASE_BUSY = /^(40001|40P01|55P03|57014)$/;

/** What a full, read-only, failing or vanished volume says, or a share whose server is away. */
const STORAGE_AWAY: ReadonlySet<string> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE', 'ENOTCONN', 'ENODEV', 'ENXIO', 'ENOMEDIUM'],
  ...['ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET'],
]);

/** Failures of the storage, which may be all files' alike. Those of the inbox (READ_FAILED, RELEASE_FAILED) are a file's. */
const OF_STORAGE: ReadonlySet<string> = new Set(['PLACE_FAILED', 'SYNC_FAILED', 'ORIGINAL_UNREADABLE']);

/** Whether this failure is one of the storage, and not of the file itself, its inbox or the database. */
export function isOfStorage(factoryCode: string): boolean {
  return OF_STORAGE.has(factoryCode);
}

/** Whether the system says of a whole volume that it is full, read-only, failing or gone. */
export function isVolumeAway(systemCode: string | null): boolean {
  return systemCode !== null && STORAGE_AWAY.has(systemCode);
}

/**
 * Whether an outage may, after all, be one file's: its video is larger than the free space, its row is what somebody locks.
 *
 * @param systemCode as for `decideOutage`
 */
export function mayBeTheFiles(outage: Outage, systemCode: string | null): boolean {
  return outage === 'storage' || DATABASE_BUSY.test(systemCode ?? '');
}

/**
 * Decides whether a fault is an outage.
 *
 * @param systemCode what the system said deepest down: an errno name, an SQLSTATE or a driver's code; null when nothing
 * @param factoryCode the failure's own name, when it has one; what the database says has none
 */
export function decideOutage(systemCode: string | null, factoryCode: string | null): Outage | null {
  if (factoryCode === 'STORAGE_MISMATCH' || factoryCode === 'STORAGE_UNUSABLE') return 'storage';
  if (systemCode === null) return null;
  if (factoryCode === null && (DATABASE_AWAY.test(systemCode) || DATABASE_BUSY.test(systemCode))) return 'database';
  if (factoryCode !== null && !isOfStorage(factoryCode)) return null;
  return isVolumeAway(systemCode) ? 'storage' : null;
}

/** SQLSTATE classes 22 and 23: a value or a row that the database does not take, and will not take the next time. */
export function isRefusedValue(sqlState: string | null): boolean {
  return sqlState !== null && /^2[23][0-9A-Z]{3}$/.test(sqlState);
}
