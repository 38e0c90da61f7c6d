const MASK = '***';

/**
 * A URL that may be shown: its password, and whatever a query parameter calls one, replaced by `***`.
 *
 * What is no URL is masked whole, because nobody can say which part of it is the secret.
 */
export function maskUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.host === '') return MASK;
  if (url.password !== '') url.password = MASK;
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|key|secret|token/i.test(name)) url.searchParams.set(name, MASK);
  }
  return url.href;
}
