/** What every session of ours sets for itself, in lower case. */
const OURS: ReadonlySet<string> = new Set(['application_name', 'client_encoding', 'datestyle', 'timezone']);

/**
 * A database URL without the parameters that would change how our sessions talk to the server: the driver gives those
 * of the URL precedence over ours, and a library is then locked under another name, or read in another encoding or zone.
 */
export function withoutSessionParameters(url: string): string {
  const own = new URL(url);
  for (const name of [...own.searchParams.keys()]) if (OURS.has(name.toLowerCase())) own.searchParams.delete(name);
  return own.href;
}
