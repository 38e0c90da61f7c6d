import { parseArgs } from 'node:util';
import type { PrintOptions } from './print-rows.ts';

export type Action = { readonly kind: 'command' | 'file'; readonly text: string };

export type ClientOptions = PrintOptions & {
  /** In the order given; none: standard input. */
  readonly actions: readonly Action[];
  readonly quiet: boolean;
  readonly onErrorStop: boolean;
};

const OPTIONS = {
  command: { type: 'string', short: 'c', multiple: true },
  file: { type: 'string', short: 'f', multiple: true },
  'no-align': { type: 'boolean', short: 'A' },
  'tuples-only': { type: 'boolean', short: 't' },
  quiet: { type: 'boolean', short: 'q' },
  'field-separator': { type: 'string', short: 'F' },
  csv: { type: 'boolean' },
  'no-psqlrc': { type: 'boolean', short: 'X' },
  set: { type: 'string', short: 'v', multiple: true },
  variable: { type: 'string', multiple: true },
} as const;

/** @returns a sentence, when this client cannot do what the arguments ask */
export function readOptions(args: readonly string[]): ClientOptions | string {
  try {
    const { tokens } = parseArgs({ args: joinValues(args), options: OPTIONS, tokens: true, allowPositionals: false });
    const given = tokens.filter((token) => token.kind === 'option');
    const has = (name: string) => given.some((token) => token.name === name);
    const actions = given.flatMap(({ name, value = '' }): Action[] =>
      name === 'command' || name === 'file' ? [{ kind: name, text: value }] : [],
    );
    const variables = given.flatMap(({ name, value = '' }) => (name === 'set' || name === 'variable' ? [value] : []));
    const foreign = variables.find((variable) => !/^ON_ERROR_STOP(=|$)/.test(variable));
    if (foreign !== undefined) return `the variable "${foreign.split('=')[0]}" needs psql itself`;
    const stop = variables.at(-1)?.split('=')[1];
    return {
      actions,
      quiet: has('quiet'),
      onErrorStop: variables.length > 0 && isOn(stop ?? ''),
      format:
        given.findLast(({ name }) => name === 'csv' || name === 'no-align')?.name === 'csv'
          ? 'csv'
          : has('no-align')
            ? 'unaligned'
            : 'aligned',
      tuplesOnly: has('tuples-only'),
      fieldSeparator: given.findLast(({ name }) => name === 'field-separator')?.value ?? '|',
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A value may begin with a dash, as in `-c "-- a comment"`: join it to its option, where it cannot be mistaken. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const value = args[at + 1];
    const long = /^--(command|file|field-separator|set|variable)$/.exec(arg)?.[1];
    const short = /^-([AtqX]*)([cfFv])$/.exec(arg);
    if (value === undefined || (long === undefined && short === null)) {
      joined.push(arg);
      continue;
    }
    at++;
    if (long !== undefined) joined.push(`--${long}=${value}`);
    else joined.push(...[...(short?.[1] ?? '')].map((flag) => `-${flag}`), `--${LONG[short?.[2] ?? '']}=${value}`);
  }
  return joined;
}

const LONG: Readonly<Record<string, string>> = { c: 'command', f: 'file', F: 'field-separator', v: 'set' };

/** Whether the value of a variable like ON_ERROR_STOP switches it on. */
export function isOn(value: string): boolean {
  return !/^(0|off|of|f|false|n|no)$/i.test(value);
}
