import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pino } from 'pino';
import { type Config, loadConfig } from '../../../src/config.ts';
import { decideAttention } from '../../../src/core/attention.ts';
import type { InboxFile } from '../../../src/core/inbox-file.ts';
import type { Outage } from '../../../src/core/outage.ts';
import type { Correction } from '../../../src/core/redate.ts';
import type { RunItem, RunSummary } from '../../../src/core/run-summary.ts';
import type { Hasher } from '../../../src/io/disk/hasher.ts';
import { createMarker, requireMarker } from '../../../src/io/disk/storage-marker.ts';
import { ingestWith } from '../../../src/jobs/ingest-once.ts';
import { type RedateItem, redateWith } from '../../../src/jobs/redate/redate.ts';
import type { Connection } from '../../../src/ledger/connect.ts';
import { openLog } from '../../../src/log.ts';
import { createCompanionCare } from '../../../src/runtime/companion-care.ts';
import { createLibrarianWork } from '../../../src/runtime/librarian.ts';
import { furnish, openReaders, type Readers } from '../../../src/runtime/open-ingest-tools.ts';
import { createRunLog } from '../../../src/runtime/run-log.ts';
import { type Librarian, startLibrarian } from '../../../src/runtime/start-librarian.ts';
import type { IngestTools } from '../../../src/stages/ingest-tools.ts';
import { dropInto, filesBelow } from '../ingest-rig.ts';
import { MACHINE } from '../machine.ts';

export const LIBRARY_ID = '6f1c1f0e-5d4b-4b58-9a0e-3b1d6d2f7a11';
const LOG = openLog({ logLevel: 'silent', logPretty: false });

/** Readers and folders that many small libraries share, so that making one costs next to nothing. */
export type FaultBench = AsyncDisposable & {
  readonly readers: Readers;
  /** Below these every library lies. */
  readonly roots: readonly string[];
  readonly createLibrary: (connection: Connection, kind?: LibraryKind) => Promise<FaultLibrary>;
};

export type LibraryKind = {
  readonly settings?: Readonly<Record<string, string>>;
  /** The storage lies on another volume than the inbox. */
  readonly elsewhere?: boolean;
  /** Another one than all share. */
  readonly hasher?: Hasher;
};

/** What became of a file, and what held it up on its way. */
export type Filed = {
  readonly item: RunItem | null;
  readonly outages: readonly { readonly outage: Outage; readonly error: unknown }[];
};

/** What became of looking after companions, and what held it up. */
export type CaredFor = Pick<Filed, 'outages'> & {
  /** What was said of each photo that could not get its place yet. */
  readonly warnings: readonly string[];
};

export type FaultLibrary = AsyncDisposable & {
  readonly config: Config;
  readonly root: string;
  readonly drop: (name: string, content: Uint8Array, mtime?: string) => Promise<string>;
  readonly inbox: () => Promise<string[]>;
  /** A process that works as the daemon does: an outage is reported, and its files are taken up again. */
  readonly open: () => Promise<OpenLibrary>;
  /** The daemon itself, until it is disposed of. */
  readonly start: () => Promise<Librarian>;
  /** A process that files all there is, once. @param over another connection */
  readonly ingest: (over?: Connection) => Promise<RunSummary>;
  /** What `photo-factory redate` does. */
  readonly redate: (id: string, correction: Correction) => Promise<RedateItem | null>;
};

export type OpenLibrary = {
  /** @param onOutage told of each outage; when it returns, work goes on */
  readonly file: (file: InboxFile | null, onOutage?: () => void) => Promise<Filed>;
  /** What comes after a sweep, and again after each outage: sidecars tell of their photos, companions come together. */
  readonly care: (onOutage?: () => void) => Promise<CaredFor>;
};

const MOST_OUTAGES = 20;
/** As pino counts. */
const WARN = 40;

/** What is faster, where no disk is to be tested. */
export const IN_MEMORY = '/dev/shm';

/** @param base where the libraries lie */
export async function openFaultBench(base = tmpdir()): Promise<FaultBench> {
  await using opening = new AsyncDisposableStack();
  const root = await mkdtemp(join(base, 'pf-faults-'));
  opening.defer(() => rm(root, { recursive: true, force: true }));
  const elsewhere = await mkdtemp(join(base === IN_MEMORY ? tmpdir() : IN_MEMORY, 'pf-faults-'));
  opening.defer(() => rm(elsewhere, { recursive: true, force: true }));
  const config = loadConfig({ LIBRARY_DIR: root }, null, MACHINE).config;
  const readers = opening.use(await openReaders({ config, log: LOG, signal: AbortSignal.timeout(60_000) }));
  let count = 0;
  const stack = opening.move();
  return {
    readers,
    roots: [root, elsewhere],
    createLibrary: async (connection, { settings = {}, elsewhere: isElsewhere = false, hasher } = {}) => {
      count += 1;
      const mine = join(root, `${count}`);
      const storageDir = join(isElsewhere ? elsewhere : root, `${count}`, 'Storage');
      const mineOrAll = { ...readers, hasher: hasher ?? readers.hasher };
      return createFaultLibrary({ root: mine, storageDir, readers: mineOrAll, connection, settings });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Making = {
  readonly root: string;
  readonly storageDir: string;
  readonly readers: Readers;
  readonly connection: Connection;
  readonly settings: Readonly<Record<string, string>>;
};

async function createFaultLibrary({ root, storageDir, readers, connection, settings }: Making): Promise<FaultLibrary> {
  const base = { LIBRARY_DIR: root, STORAGE_DIR: storageDir, SETTLE_MS: '0', DEFAULT_TIME_ZONE: 'UTC' };
  const { config } = loadConfig({ ...base, ...settings }, null, MACHINE);
  for (const folder of [config.inboxDir, config.storageDir]) await mkdir(folder, { recursive: true });
  await createMarker(storageDir, { id: LIBRARY_ID, created: '2024-01-01T00:00:00Z' });
  const requireStorage = () => requireMarker(storageDir, LIBRARY_ID);
  const { signal } = new AbortController();
  const lock = { isHeld: true };
  const needs = { config, connection, requireStorage, log: LOG, signal, lock };
  return {
    config,
    root,
    drop: dropInto(config.inboxDir),
    inbox: () => filesBelow(config.inboxDir),
    open: async () => {
      const { tools } = await furnish(needs, readers);
      const run = { command: 'start', mode: config.ingestMode, inboxDir: config.inboxDir } as const;
      return {
        file: async (file, onOutage = () => {}) => {
          const items: RunItem[] = [];
          const outages: { outage: Outage; error: unknown }[] = [];
          const runs = createRunLog({
            ...{ connection, run, keepItems: false, log: LOG, readyAtMs: 0 },
            onOutcome: (item) => items.push(item),
          });
          const work = createLibrarianWork({
            ingest: tools,
            runs,
            pass: async () => {},
            onOutage: (outage, error) => {
              if (outages.push({ outage, error }) > MOST_OUTAGES) throw new Error('the outage never ended');
              onOutage();
            },
            onStanding: (item) => items.push(item),
            onLater: () => {},
            log: LOG,
            signal,
            workSignal: signal,
          });
          if (file === null) throw new Error('it is not there');
          const { path } = file;
          const last = (await work.findLastArrivals([file])).get(path) ?? null;
          const attention = decideAttention(file.identity, last, {
            ...config,
            fileHeld: false,
            keepsIdentity: true,
            patience: null,
          });
          if (attention.kind === 'ingest') await work.ingest(file, attention.arrival);
          else if (attention.kind === 'release') await work.finishRelease(file, attention.arrival);
          else throw new Error(`nothing to do for ${basename(path)}: ${attention.kind}`);
          await runs.end().catch(() => {
            onOutage();
            return runs.end(); // as the daemon does after its next sweep
          });
          if (items.length > 1) throw new Error('more than one outcome (I8)');
          return { item: items[0] ?? null, outages };
        },
        care: (onOutage) => careFor(tools, onOutage),
      };
    },
    start: async () => {
      const stopping = new AbortController();
      const librarian = await startLibrarian({ ...needs, signal: stopping.signal });
      return {
        facts: librarian.facts,
        [Symbol.asyncDispose]: async () => {
          stopping.abort();
          await librarian[Symbol.asyncDispose]();
        },
      };
    },
    ingest: (over = connection) =>
      ingestWith(readers, { ...needs, connection: over, keepItems: true, fileHeld: false }),
    redate: async (id, correction) => {
      const page = { columns: 80, paint: (_: unknown, text: string) => text };
      const { json } = await redateWith(readers, { ...needs, page }, { ids: [id], correction, dryRun: false });
      return (json as { items: RedateItem[] }).items[0] ?? null;
    },
    [Symbol.asyncDispose]: async () => {
      for (const folder of [root, storageDir]) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws what the care takes for a bug */
async function careFor(ingest: IngestTools, onOutage = () => {}): Promise<CaredFor> {
  const outages: { outage: Outage; error: unknown }[] = [];
  const warnings: string[] = [];
  const log = pino(
    { level: 'warn', base: null },
    {
      write: (line) => {
        const { level, reason, msg, err } = JSON.parse(line);
        if (level > WARN) throw new Error(`${msg}: ${err?.stack}`);
        warnings.push(`${reason}`);
      },
    },
  );
  const { signal } = new AbortController();
  const care = createCompanionCare({
    ...{ ingest, pass: async () => {}, log, signal },
    onOutage: (outage, error) => {
      if (outages.push({ outage, error }) > MOST_OUTAGES) throw new Error('the outage never ended');
      onOutage();
    },
  });
  for (let before = -1; before < outages.length; ) {
    before = outages.length;
    await care();
  }
  return { outages, warnings };
}

export function endOf({ item, outages }: Filed): string {
  const end = item === null ? 'gone' : [item.outcome, item.code].filter((word) => word !== null).join(' ');
  return [...outages.map(({ outage }) => `paused ${outage}`), end].join(' → ');
}
