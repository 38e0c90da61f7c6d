import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { findOddLines } from './core/env-file.ts';
import {
  choice,
  folder,
  type Machine,
  optional,
  type Setting,
  timeZone,
  toggle,
  whole,
  words,
} from './core/setting.ts';
import { suggest } from './core/suggest.ts';
import { FactoryError, reasonOf, systemCodeOf } from './errors.ts';

/** Every setting there is. This table feeds parsing, `photo-factory config` and the README. */
export const SETTINGS = {
  libraryDir: folder('LIBRARY_DIR', '~/PhotoFactory', '~/PhotoFactory', {
    doc: 'Where everything lives, unless one of the next three moves a part of it.',
  }),
  inboxDir: folder('PHOTOS_INBOX', 'LIBRARY_DIR/Photos_Inbox', 'Photos_Inbox', {
    doc: 'The folder that phones fill. On the same mount as STORAGE_DIR, filing a photo copies nothing.',
  }),
  storageDir: folder('STORAGE_DIR', 'LIBRARY_DIR/Storage', 'Storage', {
    doc: 'Holds Originals/YYYY/YYYY-MM-DD/: the photos.',
  }),
  dataDir: folder('DATA_DIR', 'LIBRARY_DIR/data', 'data', {
    doc: 'The embedded database and caches. Keep it on a local disk.',
  }),
  databaseUrl: optional(
    'DATABASE_URL',
    z.string().refine(isPostgresUrl, 'must be a URL like postgres://user:password@host:5432/database'),
    {
      doc: 'A PostgreSQL server (15 to 18) to use instead of the embedded one.',
      form: 'postgres://user:password@host:port/database',
      shown: '(the embedded PostgreSQL)',
      kind: 'secret',
    },
  ),
  ingestMode: choice('INGEST_MODE', ['move', 'copy'], {
    doc: '`move` empties the inbox; `copy` leaves it as it is, for ever, and remembers what it has seen.',
  }),
  ingestConcurrency: whole('INGEST_CONCURRENCY', { min: 1, max: 256, unit: 'files' }, 192, {
    doc: 'Files in work at once. Those that are ready together share a sync and a commit.',
  }),
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
  defaultTimeZone: timeZone('DEFAULT_TIME_ZONE', {
    doc: 'Where you live: turns what is only an instant (a file’s time, a video’s UTC clock) into a day.',
  }),
  metadataTimeoutMs: whole('METADATA_TIMEOUT_MS', { min: 100, max: 600_000, unit: 'ms' }, 20_000, {
    doc: 'How long one file may occupy a metadata reader before the reader is killed and the file is filed without it.',
  }),
  maxAttempts: whole('MAX_ATTEMPTS', { min: 1, max: 1000, unit: 'tries' }, 8, {
    doc: 'After so many failures a file is set down until it changes or the daemon starts again; a photo whose thumbnail fails, until `photo-factory retry`.',
  }),
  stages: words('STAGES', 'all', {
    doc: 'What the daemon does with photos after it filed them, in a process of its own: `all`, `none`, or some of `thumbnail,geocode`. `none` where other machines run `photo-factory work`.',
    form: 'all | none | names with commas between',
  }),
  heartbeatIntervalMs: whole('HEARTBEAT_INTERVAL_MS', { min: 100, max: 3_600_000, unit: 'ms' }, 30_000, {
    doc: 'How often the librarian writes that it is alive. Above 60,000 `status` no longer shows green.',
  }),
  historyRetentionDays: whole('HISTORY_RETENTION_DAYS', { min: 1, max: 36_500, unit: 'days' }, 60, {
    doc: 'How long heartbeat history is kept.',
  }),
  verifyDays: whole('VERIFY_DAYS', { min: 0, max: 3650, unit: 'days' }, 90, {
    doc: 'The daemon reads a part of the originals again every day, so that all are read once in so many days. 0: it reads none.',
  }),
  verifyMegabytesPerSecond: whole('VERIFY_MB_PER_SECOND', { min: 1, max: 100_000, unit: 'MB/s' }, 20, {
    doc: 'How fast the daemon reads for that.',
  }),
  shutdownGraceMs: whole('SHUTDOWN_GRACE_MS', { min: 0, max: 3_600_000, unit: 'ms' }, 30_000, {
    doc: 'How long files in work may take to finish after SIGTERM.',
  }),
  syncthingUrl: optional(
    'SYNCTHING_URL',
    z.url({ protocol: /^https?$/, error: 'must be a URL like http://127.0.0.1:8384' }),
    {
      doc: 'Syncthing’s address. When set, its health is part of the heartbeat and `doctor` checks its folders.',
      form: 'http://127.0.0.1:8384',
      shown: '(not asked)',
      kind: 'value',
    },
  ),
  syncthingApiKey: optional(
    'SYNCTHING_API_KEY',
    z.string().regex(/^[\x21-\x7e]+$/, 'must be the key alone, without spaces'),
    { doc: 'The API key from Syncthing’s settings.', form: 'text', shown: '(none)', kind: 'secret' },
  ),
  logLevel: choice('LOG_LEVEL', ['info', 'trace', 'debug', 'warn', 'error', 'fatal', 'silent'], {
    doc: 'How much is logged, to standard error.',
  }),
  logPretty: toggle('LOG_PRETTY', {
    doc: 'Log for eyes instead of one JSON object a line.',
    shown: 'true on a terminal',
    standard: ({ stderrIsTerminal }) => stderrIsTerminal,
  }),
} as const;

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['fallback']> };

/** `default`, `environment`, or the absolute path of the `.env` file. */
export type SettingOrigin = string;

export type LoadedConfig = {
  readonly config: Config;
  readonly origins: Readonly<Record<keyof Config, SettingOrigin>>;
  /** The `.env` that was read; null when there is none. */
  readonly envFile: string | null;
  /** What is in `.env` and means nothing to us, in words: a typing error more often than not. */
  readonly warnings: readonly string[];
};

type Variables = Readonly<Record<string, string | undefined>>;
type Source = { readonly origin: SettingOrigin; readonly baseDir: string; readonly values: Variables };

/**
 * Reads all settings: the environment first, then the `.env` file, then the defaults.
 *
 * An empty value is an unset one. A relative folder is relative to the `.env` that names it, or to the working folder;
 * `~` is the home folder.
 *
 * @param envFile where `.env` would be; `mustExist` when a person named it
 * @throws FactoryError CONFIGURATION naming every mistake at once; the value of a secret is never part of it
 */
export function loadConfig(
  env: Variables,
  envFile: { readonly path: string; readonly mustExist: boolean } | null,
  machine: Machine,
): LoadedConfig {
  const fileText = envFile === null ? null : readEnvFile(envFile);
  const fileValues = fileText === null ? null : parseEnv(fileText);
  const sources: Source[] = [{ origin: 'environment', baseDir: machine.workingDir, values: env }];
  if (envFile !== null && fileValues !== null)
    sources.push({ origin: envFile.path, baseDir: dirname(envFile.path), values: fileValues });

  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  const origins: Record<string, SettingOrigin> = {};
  for (const [key, entry] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const read = readSetting(entry, sources, machine);
    origins[key] = read.origin;
    if ('mistake' in read) mistakes.push(read.mistake);
    values[key] = 'mistake' in read ? entry.fallback(machine) : read.value;
  }
  // The table's keys are Config's keys, and each value went through its own schema or fallback.
  const config = placeFolders(values as Config, machine);
  if (mistakes.length === 0) mistakes.push(...findContradictions(config));
  if (mistakes.length > 0) throw new FactoryError('CONFIGURATION', { reason: listMistakes(mistakes) });
  return {
    config,
    origins: origins as LoadedConfig['origins'],
    envFile: fileValues === null ? null : (envFile?.path ?? null),
    warnings: [...findOddLines(fileText ?? ''), ...findUnknown(fileValues ?? {})],
  };
}

type ReadSetting = { readonly origin: SettingOrigin } & ({ readonly value: unknown } | { readonly mistake: string });

function readSetting(entry: Setting<unknown>, sources: readonly Source[], machine: Machine): ReadSetting {
  const source = sources.find(({ values }) => (values[entry.env] ?? '').trim() !== '');
  if (source === undefined) {
    const value = entry.fallback(machine);
    if (entry.kind === 'folder' && isBelowHome(String(value)) && machine.homeDir === null)
      return { origin: 'default', mistake: `${entry.env} must be set: this account has no home folder` };
    return { origin: 'default', value };
  }
  const { origin } = source;
  const text = (source.values[entry.env] ?? '').trim();
  const parsed = entry.schema.safeParse(text);
  if (!parsed.success) {
    const given = entry.kind === 'secret' ? '' : ` (given: ${JSON.stringify(text)})`;
    const reasons = parsed.error.issues.map(({ message }) => message).join(' and ');
    return { origin, mistake: `${entry.env} ${reasons}${given}, from ${nameOrigin(origin)}` };
  }
  if (entry.kind !== 'folder') return { origin, value: parsed.data };
  if (isBelowHome(text) && machine.homeDir === null)
    return { origin, mistake: `${entry.env} starts with ~, but this account has no home folder (given: "${text}")` };
  return { origin, value: isBelowHome(text) ? text : resolve(source.baseDir, text) };
}

/** Makes every folder absolute: `~` is the home folder, and a default lies below LIBRARY_DIR. */
function placeFolders(config: Config, machine: Machine): Config {
  const place = (path: string, baseDir: string): string => {
    if (isBelowHome(path)) return resolve(machine.homeDir ?? '/', path.slice(2));
    return isAbsolute(path) ? resolve(path) : join(baseDir, path);
  };
  const libraryDir = place(config.libraryDir, machine.workingDir);
  return {
    ...config,
    libraryDir,
    inboxDir: place(config.inboxDir, libraryDir),
    storageDir: place(config.storageDir, libraryDir),
    dataDir: place(config.dataDir, libraryDir),
  };
}

function isBelowHome(path: string): boolean {
  return path === '~' || path.startsWith('~/');
}

/** @returns null when there is none */
function readEnvFile({ path, mustExist }: { readonly path: string; readonly mustExist: boolean }): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && !mustExist) return null;
    throw new FactoryError('CONFIGURATION', { reason: `${path} cannot be read: ${reasonOf(error)}` }, error);
  }
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new FactoryError('CONFIGURATION', { reason: `${path} is not UTF-8 text. Save it as UTF-8.` });
  // Editors on Windows begin a file with a byte order mark, which would become part of the first name.
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Settings that are fine alone and wrong together. */
function findContradictions({ inboxDir, storageDir, dataDir }: Config): string[] {
  const folders = [
    ['PHOTOS_INBOX', inboxDir],
    ['STORAGE_DIR', storageDir],
    ['DATA_DIR', dataDir],
  ] as const;
  return folders.flatMap(([nameA, a], index) =>
    folders
      .slice(index + 1)
      .filter(([, b]) => isWithin(a, b) || isWithin(b, a))
      .map(([nameB, b]) => `${nameA} (${a}) and ${nameB} (${b}) must not lie inside each other`),
  );
}

/** Whether `child` is `parent` or lies below it. Both absolute. */
export function isWithin(parent: string, child: string): boolean {
  const way = relative(parent, child);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** Names in a `.env` that compose and its containers read from the same file. */
const NOT_OURS = /^(COMPOSE_\w+|POSTGRES_\w+|DOCKER_\w+|NODE_\w+|PG[A-Z]+|PUID|PGID|UMASK|TZ)$/;

function findUnknown(values: Variables): string[] {
  const known = Object.values(SETTINGS).map(({ env }): string => env);
  return Object.keys(values)
    .sort()
    .filter((name) => !known.includes(name) && !NOT_OURS.test(name))
    .map((name) => {
      const meant = suggest(name, known);
      return `${name} in .env is no setting${meant === null ? '' : `; did you mean ${meant}?`}`;
    });
}

function listMistakes(mistakes: readonly string[]): string {
  const head = mistakes.length === 1 ? 'One setting is wrong' : `${mistakes.length} settings are wrong`;
  return `${head}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`;
}

function nameOrigin(origin: SettingOrigin): string {
  return origin === 'environment' ? 'the environment' : origin;
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}
