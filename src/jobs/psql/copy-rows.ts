import type { Client } from './run-text.ts';

/** What follows a statement as rows of COPY FROM STDIN: up to a line `\.`, or the end of the input. */
export type CopyRows = {
  readonly chunks: () => AsyncIterable<Buffer>;
  /** Passes over what the server did not want any more; nothing when it never asked. */
  readonly skipRest: () => Promise<void>;
};

const CHUNK_CHARACTERS = 1 << 16;

export function openCopyRows(client: Pick<Client, 'lines' | 'place'>): CopyRows {
  let isOpen = false;

  /** @returns null after the last */
  async function next(): Promise<string | null> {
    const { value: line, done } = await client.lines.next();
    if (client.place !== null && done !== true) client.place = { ...client.place, line: client.place.line + 1 };
    if (line === null) throw new Error('canceled by user');
    isOpen = done !== true && line.trimEnd() !== '\\.';
    return isOpen ? line : null;
  }

  async function* chunks(): AsyncGenerator<Buffer> {
    isOpen = true;
    let text = '';
    for (let line = await next(); line !== null; line = await next()) {
      text += line;
      if (text.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(text);
      text = '';
    }
    if (text !== '') yield Buffer.from(text);
  }

  return {
    chunks,
    skipRest: async () => {
      while (isOpen) await next();
    },
  };
}
