/**
 * Whether an uncaught error is postgres.js 3.4.9 writing to a connection that was closed a moment before
 * (porsager/postgres#1208): thrown from a timer, where nobody can catch it.
 *
 * It means no more than that the connection is gone, which whoever uses it is told, or finds out by a time limit.
 */
export function isDriverBug(error: { readonly name?: string; readonly stack?: string | undefined }): boolean {
  return error.name === 'TypeError' && /nextWrite[^\n]*postgres\/src\/connection\.js/.test(error.stack ?? '');
}
