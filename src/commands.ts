import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './command-line.ts';
import type { LoadedConfig } from './config.ts';
import { maskUrl } from './core/mask-url.ts';
import { welcomeInWords } from './core/welcome.ts';
import { plural } from './core/words.ts';
import { EXIT } from './errors.ts';
import { type Factory, type Needs, openFactory } from './factory.ts';
import { hasSyncthingMarker } from './io/inbox/read-inbox.ts';
import type { Answer, Page } from './jobs/answer.ts';
import { cleanUpHistory } from './jobs/cleanup.ts';
import { examine } from './jobs/doctor.ts';
import { migrateLedger, rollBackLedger, showMigrations } from './jobs/migrations.ts';
import { runPsql } from './jobs/psql.ts';
import { settingsTable } from './jobs/settings-table.ts';
import { showConfig } from './jobs/show-config.ts';
import { showStatus } from './jobs/status.ts';
import type { Log } from './log.ts';
import type { StopSignal } from './runtime/stop-signal.ts';

/** What every command is given. */
export type Desk = {
  readonly loaded: LoadedConfig;
  readonly log: Log;
  readonly page: Page;
  readonly json: boolean;
  readonly version: string;
  readonly stop: StopSignal;
  /** Writes a line to standard output. */
  readonly print: (text: string) => void;
};

const BESIDE_OTHERS: Needs = { migrate: 'require', exclusive: null, storage: false };
const CLEANUP_BATCH = 5000;

/** Does what was ordered, and opens no more than it needs. */
export async function runOrder(order: Order, desk: Desk): Promise<Answer> {
  const { loaded, log, page } = desk;
  const { signal } = desk.stop;
  const tools = { config: loaded.config, log, signal };
  switch (order.command) {
    case 'start':
      return start(desk);
    case 'ingest':
      return ingest(desk, order);
    case 'status':
      return showStatus({
        config: loaded.config,
        openLedger: () => openLedger(desk, 'require'),
        page,
        nowMs: Date.now,
        signal,
      });
    case 'doctor':
      return examine({
        loaded,
        openLedger: () => openLedger(desk, 'ignore'),
        page,
        userId: process.getuid?.() ?? null,
        nowMs: Date.now,
        signal,
      });
    case 'cleanup': {
      await using factory = await openFactory(tools, BESIDE_OTHERS);
      return await cleanUp(factory, signal);
    }
    case 'config':
      return order.markdown ? markdownAnswer() : showConfig(loaded, page);
    case 'psql': {
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, migrate: 'ignore' });
      desk.stop[Symbol.dispose](); // from here on Ctrl-C is psql's: it drops a line, and goes on
      return { exitCode: await runPsql(factory.address, order.args, process), text: '', json: null };
    }
    case 'db migrate': {
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, migrate: 'ignore' });
      return await migrateLedger(factory);
    }
    case 'db rollback': {
      const needs = { migrate: 'ignore', exclusive: order.command.replace(' ', '-'), storage: false } as const;
      await using factory = await openFactory(tools, needs);
      return await rollBackLedger(factory, order);
    }
    case 'db status': {
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, migrate: 'ignore' });
      return await showMigrations(factory, page);
    }
  }
}

/** `start`: as JSON one document when it is ready; its end has nothing more to say. */
async function start(desk: Desk): Promise<Answer> {
  const { loaded, log, stop } = desk;
  const tools = { config: loaded.config, log, signal: stop.signal };
  try {
    await using factory = await openFactory(tools, { migrate: 'apply', exclusive: 'start', storage: true });
    stop.signal.addEventListener('abort', () => log.info('stopping: files in work finish first'));
    await welcome(factory, desk);
    await runDaemon(factory, desk);
  } catch (error) {
    // A daemon that was told to stop has done its duty, also when it was still opening.
    if (error !== stop.signal.reason) throw error;
  }
  return { exitCode: EXIT.ok, text: '', json: null };
}

/** The place for the daemon: heartbeat, librarian, daily cleanup. */
async function runDaemon(_factory: Factory, { stop }: Desk): Promise<void> {
  while (!stop.signal.aborted) await sleep(2 ** 30, undefined, { signal: stop.signal }).catch(() => undefined);
}

/** The place for the ingest of everything that is in the inbox now. */
async function ingest(desk: Desk, _order: { readonly items: boolean }): Promise<Answer> {
  const { loaded, log, stop } = desk;
  const tools = { config: loaded.config, log, signal: stop.signal };
  await using _factory = await openFactory(tools, { migrate: 'apply', exclusive: 'ingest', storage: true });
  return { exitCode: EXIT.ok, text: '', json: null };
}

async function welcome({ address, embedded, config }: Factory, { print, page, json, version }: Desk): Promise<void> {
  const facts = {
    version,
    inboxDir: config.inboxDir,
    storageDir: config.storageDir,
    database:
      embedded === null
        ? ({ kind: 'own', where: maskUrl(address.url) } as const)
        : ({
            kind: 'embedded',
            serverVersion: embedded.serverVersion,
            port: Number(new URL(address.url).port),
            dataDir: config.dataDir,
          } as const),
    mode: config.ingestMode,
    hasSyncthing: await hasSyncthingMarker(config.inboxDir),
  };
  print(json ? JSON.stringify(facts) : welcomeInWords(facts, page.paint));
}

/** As JSON: `{ deleted, retentionDays }`. */
async function cleanUp({ connection, config }: Factory, signal: AbortSignal): Promise<Answer> {
  const retentionDays = config.historyRetentionDays;
  const deleted = await cleanUpHistory({ db: connection.db, retentionDays, batchSize: CLEANUP_BATCH, signal });
  signal.throwIfAborted();
  const text = `Deleted ${plural(deleted, 'heartbeat')} older than ${plural(retentionDays, 'day')}.`;
  return { exitCode: EXIT.ok, text, json: { deleted, retentionDays } };
}

async function openLedger({ loaded, log, stop }: Desk, migrate: Needs['migrate']) {
  return openFactory({ config: loaded.config, log, signal: stop.signal }, { ...BESIDE_OTHERS, migrate });
}

function markdownAnswer(): Answer {
  const text = settingsTable();
  return { exitCode: EXIT.ok, text, json: { markdown: text } };
}
