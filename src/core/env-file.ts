/**
 * Finds the lines of a `.env` that do nothing, or something else than they seem to: the parser passes over them in
 * silence. In words, without what stands there, which may be a password.
 */
export function findOddLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const odd: string[] = [];
  for (let n = 0; n < lines.length; n += 1) {
    const line = lines[n] ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals < 1) {
      odd.push(`line ${n + 1} of .env is no NAME=value and is passed over`);
      continue;
    }
    const quote = openQuote(line.slice(equals + 1).trim());
    if (quote === null) continue;
    odd.push(`line ${n + 1} of .env opens a quote ${quote} and does not close it`);
    const closing = lines.findIndex((later, at) => at > n && later.includes(quote));
    if (closing !== -1) n = closing; // the parser takes the lines in between for one value
  }
  return odd;
}

/** @returns the quote that a value begins with and that does not end on its line; null when there is none */
function openQuote(value: string): string | null {
  const quote = ['"', "'", '`'].find((mark) => value.startsWith(mark)) ?? null;
  return quote === null || value.includes(quote, 1) ? null : quote;
}
