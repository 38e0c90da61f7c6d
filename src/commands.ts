import { once } from 'node:events';
import type { Order } from './command-line.ts';
import { runCare } from './commands/care.ts';
import { runDates } from './commands/dates.ts';
import { runWayBack } from './commands/ways-back.ts';
import type { Config, LoadedConfig } from './config.ts';
import { STARTING } from './core/librarian-status.ts';
import { maskUrl } from './core/mask-url.ts';
import { welcomeInWords } from './core/welcome.ts';
import { plural } from './core/words.ts';
import { EXIT, FactoryError } from './errors.ts';
import { type Factory, type Needs, openFactory } from './factory.ts';
import { isSharedBySyncthing } from './io/inbox/syncthing-marker.ts';
import { showAlive } from './jobs/alive.ts';
import type { Answer, Page } from './jobs/answer.ts';
import { cleanUpHistory } from './jobs/cleanup.ts';
import { examine } from './jobs/doctor.ts';
import { showDump } from './jobs/dump/dump-ledger.ts';
import { showRestore } from './jobs/dump/show-restore.ts';
import { ingestOnce } from './jobs/ingest-once.ts';
import { migrateLedger, rollBackLedger, showMigrations } from './jobs/migrations.ts';
import { runPsql } from './jobs/psql.ts';
import { settingsTable } from './jobs/settings-table.ts';
import { showConfig } from './jobs/show-config.ts';
import { showStatus } from './jobs/status.ts';
import { collectExamples, summaryInWords } from './jobs/summary-in-words.ts';
import { upgradeLedger } from './jobs/upgrade/upgrade-ledger.ts';
import { type Connection, connect } from './ledger/connect.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './ledger/migrations.ts';
import type { Log } from './log.ts';
import { databaseBeat, librarianBeat, syncthingBeat } from './runtime/beats.ts';
import { chooseStages } from './runtime/choose-stages.ts';
import { startDaily } from './runtime/daily.ts';
import { startHeartbeat } from './runtime/heartbeat.ts';
import { openProgressLine } from './runtime/progress-line.ts';
import { startStageHelper } from './runtime/stage-helper.ts';
import { type Librarian, startLibrarian } from './runtime/start-librarian.ts';
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
/** A heartbeat that takes longer is one that did not come. */
const HEARTBEAT_TIME_LIMIT_MS = 15_000;
const SYNCTHING_TIME_LIMIT_MS = 5000;
/** Not in the first busy minute. */
const CLEANUP_AFTER_MS = 60_000;

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
    case 'status': {
      if (order.alive) {
        await using factory = await openLedger(desk, 'require');
        return await showAlive(factory.connection.db);
      }
      return await showStatus({
        config: loaded.config,
        openLedger: () => openLedger(desk, 'require'),
        page,
        nowMs: Date.now,
        signal,
      });
    }
    case 'doctor':
      return examine({
        loaded,
        openLedger: () => openLedger(desk, 'ignore'),
        page,
        userId: process.getuid?.() ?? null,
        nowMs: Date.now,
        signal,
      });
    case 'verify':
    case 'adopt':
    case 'rebuild':
      return runCare(order, desk);
    case 'undo':
    case 'relocate':
      return runWayBack(order, desk);
    case 'explain':
    case 'redate':
      return runDates(order, desk);
    case 'work':
    case 'errors':
    case 'retry':
    case 'curate':
    case 'place':
    case 'redo':
    case 'list': {
      const { runStageOrder } = await import('./commands/stages.ts');
      return runStageOrder(order, desk);
    }
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
    case 'db dump': {
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, migrate: 'ignore' });
      const { file } = order;
      return await showDump(
        { ...factory, version: desk.version, signal },
        { file, now: new Date(), stdout: process.stdout },
      );
    }
    case 'db restore': {
      const needs = { migrate: 'ignore', exclusive: order.command.replace(' ', '-'), storage: false } as const;
      await using factory = await openFactory(tools, needs);
      const { storageDir } = factory.config;
      return await showRestore({ ...factory, storageDir, signal }, { ...order, stdin: process.stdin });
    }
    case 'db upgrade':
      return upgradeEmbedded(desk, order.binaries);
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

/** Heartbeat, librarian, stages, daily cleanup: until somebody says stop. */
async function runDaemon(
  { config, connection, address, lock, requireStorage }: Factory,
  { loaded, log, stop }: Desk,
): Promise<void> {
  if (lock === null) throw new Error('the daemon needs the library to itself');
  const { signal } = stop;
  const { heartbeatIntervalMs: intervalMs, syncthingUrl: url, syncthingApiKey: apiKey } = config;
  let facts: Librarian['facts'] = () => STARTING;
  const beats = [librarianBeat(() => facts()), databaseBeat()];
  if (url !== null) beats.push(syncthingBeat({ url, apiKey, timeoutMs: SYNCTHING_TIME_LIMIT_MS }));
  const open = () => connect(address, { max: 1, applicationName: 'photo-factory heartbeat' });
  const farewell = { serviceName: 'librarian', status: 'WARNING', currentTask: 'Stopped' } as const;
  // Opened first and closed last: it beats while the librarian takes up what a crash left, and while it finishes.
  await using heartbeat = startHeartbeat({
    open,
    intervalMs,
    timeLimitMs: HEARTBEAT_TIME_LIMIT_MS,
    beats,
    farewell,
    log,
  });
  await using librarian = await startLibrarian({ config, connection, lock, requireStorage, log, signal });
  facts = librarian.facts;
  heartbeat.beatSoon();
  await using _stages = startStageHelper({
    db: connection.db,
    stages: chooseStages(config.stages, 'STAGES'),
    isFiling: () => librarian.facts().state === 'filing',
    envFile: loaded.envFile,
    log,
  });
  await using _cleanup = startDaily({
    name: 'cleanup',
    firstAfterMs: CLEANUP_AFTER_MS,
    run: async (until) => ({ deleted: await deleteOldHistory(connection, config, until) }),
    log,
  });
  if (!signal.aborted) await once(signal, 'abort');
}

/** As JSON: the run's summary, with `items` when they were asked for. */
async function ingest(desk: Desk, { items, held }: Order & { command: 'ingest' }): Promise<Answer> {
  const { loaded, log, page, stop } = desk;
  const { signal } = stop;
  const needs = { migrate: 'apply', exclusive: 'ingest', storage: true } as const;
  await using factory = await openFactory({ config: loaded.config, log, signal }, needs);
  const { config, connection, lock, requireStorage } = factory;
  if (lock === null) throw new Error('ingest needs the library to itself');
  using line = openProgressLine(process.stderr, () => performance.now());
  const examples = collectExamples();
  const summary = await ingestOnce({
    config,
    connection,
    lock,
    requireStorage,
    keepItems: items,
    fileHeld: held,
    ...(process.stderr.isTTY === true ? { onProgress: line.show } : {}),
    onOutcome: examples.add,
    log,
    signal,
  });
  const isClean = summary.rejected + summary.deferred + summary.failed === 0;
  return {
    exitCode: isClean ? EXIT.ok : EXIT.findings,
    text: summaryInWords(summary, examples, { config, page }),
    json: summary,
  };
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
    hasSyncthing: await isSharedBySyncthing(config.inboxDir),
  };
  print(json ? JSON.stringify(facts) : welcomeInWords(facts, page.paint));
}

/** As JSON: `{ deleted, retentionDays }`. */
async function cleanUp({ connection, config }: Factory, signal: AbortSignal): Promise<Answer> {
  const retentionDays = config.historyRetentionDays;
  const deleted = await deleteOldHistory(connection, config, signal);
  signal.throwIfAborted();
  const text = `Deleted ${plural(deleted, 'heartbeat')} older than ${plural(retentionDays, 'day')}.`;
  return { exitCode: EXIT.ok, text, json: { deleted, retentionDays } };
}

function deleteOldHistory(
  { db }: Connection,
  { historyRetentionDays: retentionDays }: Config,
  signal: AbortSignal,
): Promise<number> {
  return cleanUpHistory({ db, retentionDays, batchSize: CLEANUP_BATCH, signal });
}

async function upgradeEmbedded({ loaded, log, stop, version }: Desk, binaries: string | null): Promise<Answer> {
  const { dataDir, databaseUrl } = loaded.config;
  if (databaseUrl !== null) {
    const reason =
      'DATABASE_URL is set, so the PostgreSQL is yours to upgrade: "photo-factory db dump" before, "photo-factory db restore" after.';
    throw new FactoryError('USAGE', { reason });
  }
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  return upgradeLedger({ dataDir, binaries, migrations, version, now: new Date(), log, signal: stop.signal });
}

async function openLedger({ loaded, log, stop }: Desk, migrate: Needs['migrate']) {
  return openFactory({ config: loaded.config, log, signal: stop.signal }, { ...BESIDE_OTHERS, migrate });
}

function markdownAnswer(): Answer {
  const text = settingsTable();
  return { exitCode: EXIT.ok, text, json: { markdown: text } };
}
