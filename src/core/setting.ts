import { z } from 'zod';
import { countInWords } from './count-in-words.ts';

/** What a fallback may know of the machine; asked once, at the edge. */
export type Machine = {
  /** Absolute; null when the account has none. */
  readonly homeDir: string | null;
  readonly workingDir: string;
  /** IANA name of the system's zone. */
  readonly timeZone: string;
  readonly stderrIsTerminal: boolean;
};

/** One setting: how it is written, what it means and what holds without it. */
export type Setting<T> = {
  /** The environment variable. */
  readonly env: string;
  readonly doc: string;
  /** What a value looks like: unit, bounds or choices, for people. */
  readonly form: string;
  /** The default as the documentation shows it. */
  readonly shown: string;
  readonly schema: z.ZodType<T, string>;
  readonly fallback: (machine: Machine) => T;
  /** A folder is made absolute after it was read; one below LIBRARY_DIR when it is not set. */
  readonly kind: 'value' | 'folder' | 'secret';
};

type Described = { readonly doc: string };

/** PostgreSQL keeps `final_path` in a unique index, whose entries hold 2,704 bytes; a name below it needs up to 300. */
const MAX_FOLDER_BYTES = 2000;

/** A folder; `shown` is its default, for people, and `fallback` the same for the program (absolute, or below LIBRARY_DIR). */
export function folder(env: string, shown: string, fallback: string, { doc }: Described): Setting<string> {
  return {
    env,
    doc,
    shown,
    kind: 'folder',
    form: 'folder',
    schema: z
      .string()
      .refine((text) => !text.includes('\0'), 'must not contain a NUL byte')
      .refine((text) => !/^~[^/]/.test(text), 'names another account’s home; write the folder in full')
      .refine(
        (text) => !text.includes('$'),
        'contains a $, and variables are not expanded here; write the folder in full',
      )
      .refine(
        (text) => new TextEncoder().encode(text).length <= MAX_FOLDER_BYTES,
        `must not be longer than ${MAX_FOLDER_BYTES} bytes`,
      ),
    fallback: () => fallback,
  };
}

/** A whole number with bounds and a unit. */
export function whole(
  env: string,
  { min, max, unit }: { readonly min: number; readonly max: number; readonly unit: string },
  standard: number,
  { doc }: Described,
): Setting<number> {
  const form = `${countInWords(min)} to ${countInWords(max)} ${unit}`;
  const readable = `must be a whole number, ${form}`;
  return {
    env,
    doc,
    form,
    kind: 'value',
    shown: String(standard),
    schema: z
      .string()
      .regex(/^[+-]?\d{1,15}$/, { error: readable, abort: true })
      .transform(Number)
      .refine((value) => value >= min && value <= max, readable),
    fallback: () => standard,
  };
}

/** One of a few words; the first is the default. */
export function choice<const T extends readonly [string, ...string[]]>(
  env: string,
  values: T,
  { doc }: Described,
): Setting<T[number]> {
  const isChoice = (text: string): text is T[number] => values.includes(text);
  return {
    env,
    doc,
    form: values.join(' | '),
    kind: 'value',
    shown: values[0],
    schema: z
      .string()
      .transform((text) => text.toLowerCase())
      .refine(isChoice, `must be one of ${values.join(', ')}`),
    fallback: () => values[0],
  };
}

/** One or more words in lower case, with commas between; what they may be is known where they are used. */
export function words(
  env: string,
  standard: string,
  { doc, form }: Described & { readonly form: string },
): Setting<string> {
  return {
    env,
    doc,
    form,
    kind: 'value',
    shown: standard,
    schema: z.string().regex(/^[a-z][a-z-]*(\s*,\s*[a-z][a-z-]*)*$/, 'must be names with commas between'),
    fallback: () => standard,
  };
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/** Yes or no; no unless `standard` says otherwise. */
export function toggle(
  env: string,
  { doc, shown, standard }: Described & { readonly shown?: string; readonly standard?: (machine: Machine) => boolean },
): Setting<boolean> {
  return {
    env,
    doc,
    form: 'true | false',
    kind: 'value',
    shown: shown ?? 'false',
    schema: z
      .string()
      .refine((text) => [...TRUE, ...FALSE].includes(text.toLowerCase()), 'must be true or false')
      .transform((text) => TRUE.includes(text.toLowerCase())),
    fallback: standard ?? (() => false),
  };
}

/** A setting that is absent unless given. */
export function optional(
  env: string,
  schema: z.ZodType<string, string>,
  {
    doc,
    form,
    shown,
    kind,
  }: Described & { readonly form: string; readonly shown: string; readonly kind: 'value' | 'secret' },
): Setting<string | null> {
  return { env, doc, form, shown, kind, schema, fallback: () => null };
}

/** The zone in which an instant becomes a day. */
export function timeZone(env: string, { doc }: Described): Setting<string> {
  return {
    env,
    doc,
    form: 'IANA zone, like Europe/Berlin',
    kind: 'value',
    shown: '(the system’s)',
    schema: z.string().refine(isTimeZone, 'is not a time zone; use a name like Europe/Berlin'),
    fallback: (machine) => machine.timeZone,
  };
}

function isTimeZone(text: string): boolean {
  // Intl takes offsets like +02:00, too; they know no summer time, so that half the year would be an hour off.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false; // Intl has no other way to ask
  }
}
