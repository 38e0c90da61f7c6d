import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Prompt = { readonly text: () => string; readonly output: Writable };

/**
 * Reads lines with their newlines.
 *
 * @param prompt asks a person for each; null: nobody is asked
 * @returns null for a line that the person gave up with Ctrl-C
 */
export async function* readLines(input: Readable, prompt: Prompt | null): AsyncGenerator<string | null> {
  if (prompt === null) yield* readChunks(input);
  else yield* askForLines(input, prompt);
}

async function* readChunks(input: Readable): AsyncGenerator<string> {
  let begun = '';
  input.setEncoding('utf8');
  for await (const chunk of input) {
    const lines = `${begun}${chunk}`.split(/(?<=\n)/);
    begun = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() ?? '') : '';
    yield* lines;
  }
  if (begun !== '') yield begun;
}

async function* askForLines(input: Readable, { text, output }: Prompt): AsyncGenerator<string | null> {
  const terminal = createInterface({ input, output, terminal: true });
  const given: (string | null)[] = [];
  let ended = false;
  let wake = () => {};
  const next = (line: string | null) => {
    given.push(line);
    wake();
  };
  terminal.on('line', (line) => next(`${line}\n`));
  terminal.on('SIGINT', () => {
    terminal.write(null, { ctrl: true, name: 'e' });
    terminal.write(null, { ctrl: true, name: 'u' });
    output.write('\n');
    next(null);
  });
  terminal.on('close', () => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      const line = given.shift();
      if (line !== undefined) yield line;
      else if (ended) return;
      else {
        terminal.setPrompt(text());
        terminal.prompt();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    terminal.close();
  }
}
