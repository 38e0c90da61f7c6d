/** What a script consists of; `line` is where it ends, from 1. */
export type Piece =
  | { readonly kind: 'statement'; readonly text: string; readonly line: number }
  | { readonly kind: 'backslash'; readonly text: string; readonly line: number };

export type Splitter = {
  /** Takes one line, with its newline if it has one, and gives what is complete now. */
  readonly push: (line: string) => readonly Piece[];
  /** Counts a line that is none of the script's statements: a row of COPY. */
  readonly pass: () => void;
  /** What is left at the end of the input; null when there is nothing to send. */
  readonly rest: () => Piece | null;
  /** Whether a statement has begun and is not complete. */
  readonly open: () => boolean;
};

/** What encloses the current character; `code` is nothing. `end` closes it. */
type Mode = { readonly kind: 'code' | 'comment' | 'quoted' | 'escaped'; readonly end: string; readonly depth: number };

const CODE: Mode = { kind: 'code', end: '', depth: 0 };
const ROUTINE = /^create\s+(or\s+replace\s+)?(function|procedure)\b/i;

/**
 * Cuts a script into statements where psql does: at semicolons outside quotes, comments, parentheses and the
 * `BEGIN ATOMIC … END` of a routine (src/fe_utils/psqlscan.l).
 *
 * White space and `--` comments before a statement are dropped; everything else is kept to the byte.
 */
export function splitStatements(): Splitter {
  let buffer = '';
  let mode = CODE;
  let parentheses = 0;
  let blocks = 0;
  let lines = 0;

  const take = (kind: Piece['kind'], text: string): Piece => ({ kind, text, line: lines });

  function clear(): void {
    buffer = '';
    parentheses = 0;
    blocks = 0;
  }

  /** Reads one token of plain code. @returns its length, or null when a backslash command takes the rest of the line */
  function readCode(rest: string, found: Piece[]): number | null {
    const [token = ''] = TOKEN.exec(rest) ?? [];
    if (token === '\\') return null;
    if (token === ';' && parentheses === 0 && blocks === 0) {
      found.push(take('statement', buffer));
      clear();
      return 1;
    }
    if (token === '\\;') {
      buffer += ';';
      return 2;
    }
    if (token === '(') parentheses++;
    if (token === ')') parentheses = Math.max(0, parentheses - 1);
    if (/^\w/.test(token)) blocks = Math.max(0, blocks + blockStep(token));
    mode = opened(token);
    const skipped = buffer === '' && (/^\s/.test(token) || token.startsWith('--'));
    if (!skipped) buffer += token;
    return token.length;
  }

  function blockStep(word: string): number {
    if (/^begin$/i.test(word)) return ROUTINE.test(buffer) ? 1 : 0;
    if (blocks === 0) return 0;
    return /^case$/i.test(word) ? 1 : /^end$/i.test(word) ? -1 : 0;
  }

  function readEnclosed(rest: string): number {
    const length = mode.kind === 'comment' ? readComment(rest) : readQuoted(rest);
    buffer += rest.slice(0, length);
    return length;
  }

  function readComment(rest: string): number {
    const at = rest.search(/\/\*|\*\//);
    if (at === -1) return rest.length;
    const depth = mode.depth + (rest.startsWith('/*', at) ? 1 : -1);
    mode = depth === 0 ? CODE : { ...mode, depth };
    return at + 2;
  }

  function readQuoted(rest: string): number {
    if (mode.kind === 'escaped' && rest.startsWith('\\')) return Math.min(2, rest.length);
    const stop = mode.kind === 'escaped' ? rest.search(/['\\]/) : rest.indexOf(mode.end);
    if (stop === -1) return rest.length;
    if (rest[stop] === '\\') return stop;
    const length = stop + mode.end.length;
    mode = CODE;
    return length;
  }

  return {
    push(line) {
      lines++;
      const found: Piece[] = [];
      for (let at = 0; at < line.length; ) {
        const rest = line.slice(at);
        const length = mode.kind === 'code' ? readCode(rest, found) : readEnclosed(rest);
        if (length === null) {
          found.push(take('backslash', rest.trimEnd()));
          break;
        }
        at += length;
      }
      return found;
    },
    pass() {
      lines++;
    },
    rest() {
      const left = buffer.trimEnd() === '' ? null : take('statement', buffer);
      clear();
      mode = CODE;
      return left;
    },
    open: () => buffer !== '',
  };
}

/** White space, comments, quotes' beginnings, words, and everything else singly. */
const TOKEN =
  /^(?:\s+|--[^\n]*|\/\*|[eE]'|'|"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[\w\u0080-\uffff][\w$\u0080-\uffff]*|\\;|.)/s;

function opened(token: string): Mode {
  if (token === '/*') return { kind: 'comment', end: '*/', depth: 1 };
  if (/^[eE]'$/.test(token)) return { kind: 'escaped', end: "'", depth: 0 };
  if (token === "'" || token === '"' || /^\$.*\$$/.test(token)) return { kind: 'quoted', end: token, depth: 0 };
  return CODE;
}
