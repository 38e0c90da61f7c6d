import { widthOf } from './text-width.ts';

/** An error or a notice, as the server sends it (PostgreSQL protocol, "Error and Notice Message Fields"). */
export type ServerMessage = {
  readonly severity: string;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly where: string | null;
  /** Counted in characters from 1, in the statement that was sent. */
  readonly position: number | null;
  readonly internalPosition: number | null;
  readonly internalQuery: string | null;
};

const DISPLAY_COLUMNS = 60;
const MIN_RIGHT_CUT = 10;

/** Words a message as psql does, ending in a newline. @param query the statement that it is about */
export function wordMessage(message: ServerMessage, query: string, kind: 'error' | 'notice'): string {
  const { position, internalPosition, internalQuery } = message;
  const at =
    position !== null
      ? pointAt(query, position)
      : internalPosition !== null && internalQuery !== null
        ? pointAt(internalQuery, internalPosition)
        : '';
  const parts = [`${message.severity}:  ${message.message}\n`, at];
  if (message.detail !== null) parts.push(`DETAIL:  ${message.detail}\n`);
  if (message.hint !== null) parts.push(`HINT:  ${message.hint}\n`);
  if (internalQuery !== null) parts.push(`QUERY:  ${internalQuery}\n`);
  if (message.where !== null && kind === 'error') parts.push(`CONTEXT:  ${message.where}\n`);
  return parts.join('');
}

/** The line that the position is in, cut to the width of a terminal, and a caret below it (libpq, reportErrorPosition). */
function pointAt(query: string, position: number): string {
  const characters = Array.from(query);
  const at = position - 1;
  if (at > characters.length) return '';
  const begin = characters.findLastIndex((character, index) => index < at && isEnd(character)) + 1;
  const next = characters.findIndex((character, index) => index >= at && isEnd(character));
  const number = query.slice(0, characters.slice(0, at).join('').length).split(/\r\n|\r|\n/).length;
  const line = characters.slice(begin, next === -1 ? undefined : next).map((one) => (one === '\t' ? ' ' : one));
  const cut = cutAround(line.map(columnsOf), at - begin);
  const text = line.slice(cut.begin, cut.end).join('');
  const prefix = `LINE ${number}: ${cut.begin > 0 ? '...' : ''}`;
  const caret = prefix.length + columns(line.slice(cut.begin, at - begin).map(columnsOf));
  return `${prefix}${text}${cut.end < line.length ? '...' : ''}\n${' '.repeat(caret)}^\n`;
}

function cutAround(widths: readonly number[], at: number): { begin: number; end: number } {
  let begin = 0;
  let end = widths.length;
  const width = () => columns(widths.slice(begin, end));
  if (width() <= DISPLAY_COLUMNS) return { begin, end };
  if (DISPLAY_COLUMNS >= columns(widths.slice(0, at)) + MIN_RIGHT_CUT) {
    while (width() > DISPLAY_COLUMNS) end--;
    return { begin, end };
  }
  while (columns(widths.slice(at, end)) > MIN_RIGHT_CUT) end--;
  while (width() > DISPLAY_COLUMNS) begin++;
  return { begin, end };
}

function columns(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

function columnsOf(character: string): number {
  return Math.max(1, widthOf(character));
}

function isEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}
