import { once } from 'node:events';
import type { Desk } from '../commands.ts';
import { STARTING } from '../core/librarian-status.ts';
import { maskUrl } from '../core/mask-url.ts';
import { welcomeInWords } from '../core/welcome.ts';
import { EXIT } from '../errors.ts';
import { type Factory, openFactory } from '../factory.ts';
import { isSharedBySyncthing } from '../io/inbox/syncthing-marker.ts';
import { askForExiftool } from '../io/metadata/exiftool-version.ts';
import type { Answer } from '../jobs/answer.ts';
import { deleteOldHistory } from '../jobs/cleanup.ts';
import { connect } from '../ledger/connect.ts';
import { databaseBeat, librarianBeat, syncthingBeat } from '../runtime/beats.ts';
import { chooseStages } from '../runtime/choose-stages.ts';
import { startDaily } from '../runtime/daily.ts';
import { startHeartbeat } from '../runtime/heartbeat.ts';
import { startStageHelper } from '../runtime/stage-helper.ts';
import { type Librarian, startLibrarian } from '../runtime/start-librarian.ts';

/** A heartbeat that takes longer is one that did not come. */
const HEARTBEAT_TIME_LIMIT_MS = 15_000;
const SYNCTHING_TIME_LIMIT_MS = 5000;
/** Not in the first busy minute. */
const CLEANUP_AFTER_MS = 60_000;

/** `start`: as JSON one document when it is ready; its end has nothing more to say. */
export async function runStart(desk: Desk): Promise<Answer> {
  const { loaded, log, stop } = desk;
  const tools = { config: loaded.config, log, signal: stop.signal };
  const exiftool = askForExiftool(stop.signal);
  try {
    await using factory = await openFactory(tools, { migrate: 'apply', exclusive: 'start', storage: true });
    stop.signal.addEventListener('abort', () => log.info('stopping: files in work finish first'));
    await welcome(factory, desk);
    await runDaemon(factory, desk, exiftool);
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
  exiftool: Promise<unknown>,
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
  await using librarian = await startLibrarian({ config, connection, lock, requireStorage, exiftool, log, signal });
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
