/** What a terminal shows: East Asian wide and full-width characters take two columns (UAX #11); flags' letters do not. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}]|(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}/u;
const COMBINING = /[\p{Mn}\p{Me}\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/u;

/** A line of a table cell as it is printed, and the columns it takes. */
export type CellLine = { readonly text: string; readonly width: number };

/**
 * Lays text out for a table cell as psql does: one entry a line, tabs expanded, other control characters spelled out.
 */
export function layOut(text: string): readonly CellLine[] {
  return text.split('\n').map((line) => {
    let shown = '';
    let width = 0;
    for (const character of line) {
      const piece = spell(character, width);
      shown += piece;
      width += piece === character ? widthOf(character) : piece.length;
    }
    return { text: shown, width };
  });
}

/** How many columns a character takes. */
export function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

function spell(character: string, column: number): string {
  if (character === '\r') return '\\r';
  if (character === '\t') return ' '.repeat(8 - (column % 8));
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  if (code >= 0x80 && code < 0xa0) return `\\u${hex.padStart(4, '0')}`;
  return character;
}
