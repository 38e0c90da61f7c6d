/**
 * Whether an error that nobody caught is the driver's own mistake after a connection was cut, and nothing else.
 *
 * postgres.js 3.4.9 writes to a connection that was closed a moment before, and throws from a timer, where nobody can
 * catch it (porsager/postgres#1208). Whoever used the connection is told, or finds out by a time limit.
 * The driver stands in files of its own, or in those of `dist/`.
 */
export function isDriverBug(error: { readonly name?: string; readonly stack?: string | undefined }): boolean {
  return (
    error.name === 'TypeError' &&
    /nextWrite[^\n]*(?:postgres\/src\/connection\.js|\/dist\/[\w-]+\.mjs)/.test(error.stack ?? '')
  );
}
