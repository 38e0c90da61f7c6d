/** Colours for eyes; text comes back unchanged where nobody looks at a screen. */
export type Paint = (colour: 'green' | 'yellow' | 'red' | 'bold' | 'dim', text: string) => string;

export const noPaint: Paint = (_, text) => text;

/** A cell: its text, and how it is painted once its width is known. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/**
 * Lines of aligned columns, two spaces apart, without spaces at their ends.
 *
 * @param align one letter a column: `l` or `r`; columns beyond it are `l`
 */
export function alignColumns(rows: readonly (readonly Cell[])[], align = ''): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(textOf(cell)));
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const text = textOf(cell);
        const shown = typeof cell === 'string' ? text : cell.paint(text);
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(text));
        if (align[column] === 'r') return padding + shown;
        return column === row.length - 1 ? shown : shown + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Breaks text into lines of at most `width` columns, at spaces; a word that is longer stands alone and whole. What stands
 * between backticks is one word: a command, to be copied.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(WORDS) ?? ['']) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const WORDS = /(?:`[^`]*`|[^ ])+/g;

/** The text cut to `width` columns, with an ellipsis in its middle: the end of a path says most. */
export function shorten(text: string, width: number): string {
  const letters = lettersOf(text);
  if (widthOf(text) <= width) return text;
  const head: string[] = [];
  const tail: string[] = [];
  let room = width - 1;
  for (let fromTail = true; ; fromTail = !fromTail) {
    const letter = fromTail ? letters.pop() : letters.shift();
    if (letter === undefined || widthOf(letter) > room) break;
    room -= widthOf(letter);
    if (fromTail) tail.unshift(letter);
    else head.push(letter);
  }
  return `${head.join('')}…${tail.join('')}`;
}

/** How many columns a terminal gives the text: CJK and emoji are two wide, joined marks none (Unicode UAX #11, #29). */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of lettersOf(text)) width += WIDE.test(letter) ? 2 : 1;
  return width;
}

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u;

function lettersOf(text: string): string[] {
  return Array.from(new Intl.Segmenter('en').segment(text), ({ segment }) => segment);
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
