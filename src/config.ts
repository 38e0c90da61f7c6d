import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { FactoryError } from './errors.ts';

type Setting<T> = {
  /** The environment variable. */
  readonly env: string;
  readonly doc: string;
  /** What a value looks like: unit, bounds or choices, for people. */
  readonly form: string;
  /** The default as the documentation shows it. */
  readonly shown: string;
  readonly schema: z.ZodType<T, string>;
  readonly fallback: (already: ReadonlyMap<string, unknown>) => T;
  readonly secret?: true;
};

function setting<T>(of: Setting<T>): Setting<T> {
  return of;
}

/** Every setting there is. This table feeds parsing, `photo-factory config` and the README. */
export const SETTINGS = {
  libraryDir: folder('LIBRARY_DIR', '~/PhotoFactory', () => join(homedir(), 'PhotoFactory'), {
    doc: 'Where everything lives, unless one of the next three moves a part of it.',
  }),
  inboxDir: folder('PHOTOS_INBOX', 'LIBRARY_DIR/Photos_Inbox', below('Photos_Inbox'), {
    doc: 'The folder that phones fill. On the same mount as STORAGE_DIR, filing a photo copies nothing.',
  }),
  storageDir: folder('STORAGE_DIR', 'LIBRARY_DIR/Storage', below('Storage'), {
    doc: 'Holds Originals/YYYY/YYYY-MM-DD/: the photos.',
  }),
  dataDir: folder('DATA_DIR', 'LIBRARY_DIR/data', below('data'), {
    doc: 'The embedded database and caches. Keep it on a local disk.',
  }),
  databaseUrl: setting<string | null>({
    env: 'DATABASE_URL',
    doc: 'A PostgreSQL server (15 to 18) to use instead of the embedded one.',
    form: 'postgres://user:password@host:port/database',
    shown: '(the embedded PostgreSQL)',
    schema: z.string().refine(isPostgresUrl, 'must be a URL like postgres://user:password@host:5432/database'),
    fallback: () => null,
    secret: true,
  }),
  ingestMode: choice('INGEST_MODE', ['move', 'copy'], {
    doc: '`move` empties the inbox; `copy` leaves it as it is, for ever, and remembers what it has seen.',
  }),
  ingestConcurrency: whole(
    'INGEST_CONCURRENCY',
    { min: 1, max: 64, unit: 'files' },
    Math.max(2, availableParallelism() * 2),
    {
      doc: 'Files in work at once.',
      shown: 'two for each core',
    },
  ),
  duplicates: choice('DUPLICATES', ['remove', 'keep', 'set-aside'], {
    doc: 'What happens to an inbox file whose content is stored already, after the stored original was read again and matches: removed, left in the inbox, or moved to STORAGE_DIR/Duplicates.',
  }),
  settleMs: whole('SETTLE_MS', { min: 0, max: 3_600_000, unit: 'ms' }, 2000, {
    doc: 'How long a file must have been left alone before it is read.',
  }),
  sweepIntervalMs: whole('SWEEP_INTERVAL_MS', { min: 100, max: 86_400_000, unit: 'ms' }, 60_000, {
    doc: 'How often the whole inbox is walked. The watcher only makes new files noticed sooner.',
  }),
  inboxPolling: toggle('INBOX_POLLING', {
    doc: 'Do not watch the inbox, only walk it. For network mounts that tell nothing.',
  }),
  defaultTimeZone: setting<string>({
    env: 'DEFAULT_TIME_ZONE',
    doc: 'Where you live: turns what is only an instant (a file’s time, a video’s UTC clock) into a day.',
    form: 'IANA zone, like Europe/Berlin',
    shown: '(the system’s)',
    schema: z.string().refine(isTimeZone, 'is not a time zone; use a name like Europe/Berlin'),
    fallback: () => Intl.DateTimeFormat().resolvedOptions().timeZone,
  }),
  metadataTimeoutMs: whole('METADATA_TIMEOUT_MS', { min: 100, max: 600_000, unit: 'ms' }, 20_000, {
    doc: 'How long one file may occupy a metadata reader before the reader is killed and the file is filed without it.',
  }),
  maxAttempts: whole('MAX_ATTEMPTS', { min: 1, max: 1000, unit: 'tries' }, 8, {
    doc: 'After so many failures a file is set down until it changes or the daemon starts again.',
  }),
  heartbeatIntervalMs: whole('HEARTBEAT_INTERVAL_MS', { min: 100, max: 3_600_000, unit: 'ms' }, 30_000, {
    doc: 'How often the librarian writes that it is alive.',
  }),
  historyRetentionDays: whole('HISTORY_RETENTION_DAYS', { min: 1, max: 36_500, unit: 'days' }, 60, {
    doc: 'How long heartbeat history is kept.',
  }),
  shutdownGraceMs: whole('SHUTDOWN_GRACE_MS', { min: 0, max: 3_600_000, unit: 'ms' }, 30_000, {
    doc: 'How long files in work may take to finish after SIGTERM.',
  }),
  syncthingUrl: setting<string | null>({
    env: 'SYNCTHING_URL',
    doc: 'Syncthing’s address. When set, its health is part of the heartbeat and `doctor` checks its folders.',
    form: 'http://127.0.0.1:8384',
    shown: '(not asked)',
    schema: z.url({ protocol: /^https?$/, error: 'must be a URL like http://127.0.0.1:8384' }),
    fallback: () => null,
  }),
  syncthingApiKey: setting<string | null>({
    env: 'SYNCTHING_API_KEY',
    doc: 'The API key from Syncthing’s settings.',
    form: 'text',
    shown: '(none)',
    schema: z.string(),
    fallback: () => null,
    secret: true,
  }),
  logLevel: choice('LOG_LEVEL', ['info', 'trace', 'debug', 'warn', 'error', 'fatal', 'silent'], {
    doc: 'How much is logged, to standard error.',
  }),
  logPretty: setting<boolean>({
    ...toggle('LOG_PRETTY', { doc: 'Log for eyes instead of one JSON object a line.' }),
    shown: 'true on a terminal',
    fallback: () => process.stderr.isTTY === true,
  }),
} as const;

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['fallback']> };

export type SettingOrigin = 'default' | 'environment' | `${string}.env`;

export type LoadedConfig = {
  readonly config: Config;
  readonly origins: Readonly<Record<keyof Config, SettingOrigin>>;
  /** Set in the `.env` file but no setting of ours; a typing error more often than not. */
  readonly unknown: readonly string[];
};

type Source = {
  readonly origin: SettingOrigin;
  readonly baseDir: string;
  readonly values: Readonly<Record<string, string | undefined>>;
};

/**
 * Reads all settings: the environment first, then the first `.env` found, then the defaults.
 *
 * An empty value is an unset one. Relative folders are relative to the `.env` that names them, or to the working folder.
 *
 * @param envFiles candidates for `.env`, in order of preference
 * @throws FactoryError CONFIGURATION naming every mistake at once
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  envFiles: readonly string[],
): LoadedConfig {
  const sources: Source[] = [{ origin: 'environment', baseDir: process.cwd(), values: env }];
  const envFile = envFiles.find((file) => existsSync(file));
  const fileValues = envFile === undefined ? {} : parseEnv(readFileSync(envFile, 'utf8'));
  if (envFile !== undefined)
    sources.push({ origin: envFile as `${string}.env`, baseDir: dirname(resolve(envFile)), values: fileValues });

  const mistakes: string[] = [];
  const values = new Map<string, unknown>();
  const origins = new Map<string, SettingOrigin>();
  for (const [key, entry] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const source = sources.find(({ values: given }) => (given[entry.env] ?? '').trim() !== '');
    origins.set(key, source?.origin ?? 'default');
    const read = source === undefined ? null : readSetting(entry, source);
    if (read?.mistake !== undefined) mistakes.push(read.mistake);
    values.set(key, read === null || read.mistake !== undefined ? entry.fallback(values) : read.value);
  }
  const config = Object.fromEntries(values) as Config;
  mistakes.push(...findContradictions(config));
  if (mistakes.length > 0) {
    throw new FactoryError('CONFIGURATION', {
      reason: `${mistakes.length === 1 ? 'One setting is wrong' : `${mistakes.length} settings are wrong`}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    });
  }
  const known = new Set(Object.values(SETTINGS).map(({ env: name }) => name as string));
  const unknown = Object.keys(fileValues).filter((name) => !known.has(name));
  return { config, origins: Object.fromEntries(origins) as LoadedConfig['origins'], unknown };
}

function readSetting(entry: Setting<unknown>, source: Source): { value?: unknown; mistake?: string } {
  const text = (source.values[entry.env] ?? '').trim();
  const parsed = entry.schema.safeParse(text);
  if (parsed.success) {
    const isFolder = entry.form === FOLDER_FORM && typeof parsed.data === 'string';
    return { value: isFolder ? toAbsolute(String(parsed.data), source.baseDir) : parsed.data };
  }
  const given = entry.secret === true ? '' : ` (given: ${JSON.stringify(text)})`;
  const reasons = parsed.error.issues.map(({ message }) => message).join(' and ');
  return { mistake: `${entry.env} ${reasons}${given}, from ${source.origin}` };
}

const FOLDER_FORM = 'folder';
/** PostgreSQL keeps `final_path` in a unique index, whose entries hold 2,704 bytes; a name below it needs up to 300. */
const MAX_FOLDER_BYTES = 2000;

/** Settings that are fine alone and wrong together. */
function findContradictions(config: Config): string[] {
  const found: string[] = [];
  const { inboxDir, storageDir, dataDir } = config;
  const pairs = [
    ['PHOTOS_INBOX', inboxDir, 'STORAGE_DIR', storageDir],
    ['PHOTOS_INBOX', inboxDir, 'DATA_DIR', dataDir],
    ['DATA_DIR', dataDir, 'STORAGE_DIR', storageDir],
  ] as const;
  for (const [nameA, a, nameB, b] of pairs) {
    if (typeof a !== 'string' || typeof b !== 'string') continue;
    if (isWithin(a, b) || isWithin(b, a))
      found.push(`${nameA} (${a}) and ${nameB} (${b}) must not lie inside each other`);
  }
  return found;
}

function isWithin(parent: string, child: string): boolean {
  return child === parent || child.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
}

function folder(
  env: string,
  shown: string,
  fallback: Setting<string>['fallback'],
  { doc }: { doc: string },
): Setting<string> {
  return {
    env,
    doc,
    shown,
    form: FOLDER_FORM,
    schema: z
      .string()
      .refine((text) => !text.includes('\0'), 'must not contain a NUL byte')
      .refine(
        (text) => Buffer.byteLength(text) <= MAX_FOLDER_BYTES,
        `must not be longer than ${MAX_FOLDER_BYTES} bytes`,
      ),
    fallback,
  };
}

function below(name: string): Setting<string>['fallback'] {
  return (already) => join(String(already.get('libraryDir')), name);
}

function toAbsolute(path: string, baseDir: string): string {
  if (path === '~' || path.startsWith('~/')) return resolve(homedir(), path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(baseDir, path);
}

function whole(
  env: string,
  { min, max, unit }: { min: number; max: number; unit: string },
  standard: number,
  { doc, shown }: { doc: string; shown?: string },
): Setting<number> {
  const form = `${min.toLocaleString('en')} to ${max.toLocaleString('en')} ${unit}`;
  return {
    env,
    doc,
    form,
    shown: shown ?? String(standard),
    schema: z
      .string()
      .regex(/^[+-]?\d+$/, `must be a whole number, ${form}`)
      .transform(Number)
      .refine((value) => value >= min && value <= max, `must be ${form}`),
    fallback: () => standard,
  };
}

function choice<const T extends readonly [string, ...string[]]>(
  env: string,
  values: T,
  { doc }: { doc: string },
): Setting<T[number]> {
  return {
    env,
    doc,
    form: values.join(' \\| '),
    shown: values[0],
    schema: z.enum(values as unknown as [T[number], ...T[number][]], {
      error: `must be one of ${values.join(', ')}`,
    }) as unknown as z.ZodType<T[number], string>,
    fallback: () => values[0],
  };
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

function toggle(env: string, { doc }: { doc: string }): Setting<boolean> {
  return {
    env,
    doc,
    form: 'true \\| false',
    shown: 'false',
    schema: z
      .string()
      .refine((text) => [...TRUE, ...FALSE].includes(text.toLowerCase()), 'must be true or false')
      .transform((text) => TRUE.includes(text.toLowerCase())),
    fallback: () => false,
  };
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'postgres:' || url.protocol === 'postgresql:') && url.pathname.length > 1;
}

function isTimeZone(text: string): boolean {
  return /^[A-Za-z]/.test(text) && isKnownToIntl(text);
}

function isKnownToIntl(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false; // Intl has no other way to ask
  }
}
