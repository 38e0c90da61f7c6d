import { createHash } from 'node:crypto';
import {
  type DumpEnd,
  type DumpHeader,
  type DumpLine,
  FIRST_LINE,
  ROWS_END,
  ROWS_LINE,
  readDumpLine,
  readHeader,
  type TableTotals,
} from '../../core/dump-format.ts';
import { FactoryError } from '../../errors.ts';
import { openTotals } from './row-totals.ts';

/** What a dump says between its header and its end. The rows of a table must be read before the next part is asked for. */
export type DumpPart =
  | {
      readonly kind: 'rows';
      readonly table: string;
      readonly columns: readonly string[];
      readonly rows: AsyncIterable<Buffer>;
    }
  | Extract<DumpLine, { kind: 'sequence' }>;

export type OpenDump = {
  readonly header: DumpHeader;
  /** Ends only when the dump was whole, and every byte of it is what was written. */
  readonly parts: () => AsyncGenerator<DumpPart, DumpEnd>;
};

/** Longer than any line of a dump that is not a row. */
const MAX_LINE_BYTES = 1 << 20;
const NEWLINE = 10;

/**
 * Reads a dump as it comes, in constant memory.
 *
 * @param path for messages
 * @throws FactoryError DUMP_DAMAGED, DUMP_NEWER; also later, while its parts are read
 */
export async function openDump(source: AsyncIterable<Buffer>, path: string): Promise<OpenDump> {
  const text = openText(source, path);
  if ((await text.line()) !== FIRST_LINE) throw damaged(path, 'it does not begin as a dump of Photo Factory does');
  const header = readHeader(await text.line());
  if (header === null) throw damaged(path, 'its header cannot be read');
  if ('newer' in header) throw new FactoryError('DUMP_NEWER', { path, version: header.newer });
  return { header, parts: () => readParts(text, path) };
}

function damaged(path: string, reason: string): FactoryError {
  return new FactoryError('DUMP_DAMAGED', { path, reason });
}

async function* readParts(text: DumpText, path: string): AsyncGenerator<DumpPart, DumpEnd> {
  while ((await text.line()) !== ROWS_LINE); // how psql makes the tables
  const found: Record<string, TableTotals[string]> = {};
  for (;;) {
    const sha256 = text.hash();
    const words = await text.line();
    const line = readDumpLine(words);
    if (line === null) throw damaged(path, `it has a line that no dump has: ${words.slice(0, 80)}`);
    if (line.kind === 'copy') {
      const totals = openTotals();
      yield { kind: 'rows', table: line.table, columns: line.columns, rows: through(text.rows(), totals.add) };
      found[line.table] = totals.close();
    } else if (line.kind === 'sequence') yield line;
    else if (line.kind === 'end') {
      if (!(await text.isAtEnd())) throw damaged(path, 'something follows after its end');
      requireSame(path, line.end, { tables: found, sha256 });
      return line.end;
    }
  }
}

async function* through(chunks: AsyncIterable<Buffer>, pass: (chunk: Buffer) => Buffer): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield pass(chunk);
}

function requireSame(path: string, written: DumpEnd, read: DumpEnd): void {
  const tables = new Set([...Object.keys(written.tables), ...Object.keys(read.tables)]);
  for (const table of tables) {
    const [was, is] = [written.tables[table], read.tables[table]];
    if (was?.rows !== is?.rows || was?.sha256 !== is?.sha256)
      throw damaged(path, `the rows of ${table} are not those that were written`);
  }
  if (written.sha256 !== read.sha256) throw damaged(path, 'its checksum is not that of its content');
}

type DumpText = {
  /** The next line, without its newline. */
  readonly line: () => Promise<string>;
  /** What comes before the next line that is `\.` alone, and takes that line, too. */
  readonly rows: () => AsyncGenerator<Buffer>;
  /** The SHA-256 of everything taken so far. */
  readonly hash: () => string;
  readonly isAtEnd: () => Promise<boolean>;
};

function openText(source: AsyncIterable<Buffer>, path: string): DumpText {
  const chunks = source[Symbol.asyncIterator]();
  const taken = createHash('sha256');
  let ahead: Buffer = Buffer.alloc(0);

  /** @returns false at the end */
  async function more(): Promise<boolean> {
    const next = await chunks.next();
    if (next.done === true) return false;
    ahead = ahead.length === 0 ? next.value : Buffer.concat([ahead, next.value]);
    return true;
  }

  function take(length: number): Buffer {
    const bytes = ahead.subarray(0, length);
    ahead = ahead.subarray(length);
    taken.update(bytes);
    return bytes;
  }

  return {
    hash: () => taken.copy().digest('hex'),
    isAtEnd: async () => {
      while (ahead.length === 0) if (!(await more())) return true;
      return false;
    },
    async line() {
      for (;;) {
        const end = ahead.indexOf(NEWLINE);
        if (end !== -1 && end <= MAX_LINE_BYTES) return take(end + 1).toString('utf8', 0, end);
        if (ahead.length > MAX_LINE_BYTES) throw damaged(path, 'it has a line that is too long');
        if (!(await more())) throw damaged(path, 'it ends too early');
      }
    },
    async *rows() {
      for (let atLineStart = true; ; ) {
        const end = findRowsEnd(ahead, atLineStart);
        const length = end ?? Math.max(0, ahead.length - (ROWS_END.length - 1));
        if (length > 0) {
          const rows = take(length);
          atLineStart = rows.at(-1) === NEWLINE;
          yield rows;
        }
        if (end !== null) {
          take(ROWS_END.length);
          return;
        }
        if (!(await more())) throw damaged(path, 'it ends too early');
      }
    },
  };
}

/** A row may end in the same bytes: there, a backslash stands before them. */
function findRowsEnd(bytes: Buffer, atLineStart: boolean): number | null {
  for (let at = bytes.indexOf(ROWS_END); at !== -1; at = bytes.indexOf(ROWS_END, at + 1)) {
    if (at === 0 ? atLineStart : bytes[at - 1] === NEWLINE) return at;
  }
  return null;
}
