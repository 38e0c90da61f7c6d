/**
 * Text that a terminal shows and does nothing else with.
 *
 * A file name may hold a newline, an escape sequence that clears the screen, or a mark that turns the reading direction
 * of what follows: such characters are shown as `\n`, `\x1b`, `\u202e`. Everything else stays as it is.
 */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (found) => {
    const code = found.codePointAt(0) ?? 0;
    return SHORT.get(found) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

// Controls (Cc), lone surrogates (Cs), line and paragraph separators, and the marks that turn text around. A zero-width
// joiner stays: it holds emoji together.
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const SHORT = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
