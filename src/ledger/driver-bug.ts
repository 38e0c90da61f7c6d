const CUT_CONNECTION: ReadonlySet<unknown> = new Set(['CONNECTION_DESTROYED', 'CONNECTION_CLOSED', 'CONNECTION_ENDED']);

/**
 * Whether an error that nobody caught says no more than that a connection to the database is gone.
 *
 * postgres.js 3.4.9 writes to a connection that was closed a moment before, and throws from a timer, where nobody can
 * catch it (porsager/postgres#1208); and it rejects queries of a cut connection that nobody waits for any more. Whoever
 * used the connection is told, or finds out by a time limit.
 */
export function isDriverBug(error: { readonly name?: string; readonly stack?: string | undefined }): boolean {
  if ('code' in error && CUT_CONNECTION.has(error.code)) return true;
  return error.name === 'TypeError' && /nextWrite[^\n]*postgres\/src\/connection\.js/.test(error.stack ?? '');
}
