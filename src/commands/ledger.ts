import type { LedgerOrder } from '../command-line.ts';
import type { Desk } from '../commands.ts';
import { plural } from '../core/words.ts';
import { EXIT, FactoryError } from '../errors.ts';
import { type Needs, openFactory } from '../factory.ts';
import type { Answer } from '../jobs/answer.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../ledger/migrations.ts';

const BESIDE_OTHERS: Needs = { migrate: 'ignore', exclusive: null, storage: false };

/** The commands that look after the database: each loads no more than it needs. */
export async function runLedger(order: LedgerOrder, desk: Desk): Promise<Answer> {
  const tools = { config: desk.loaded.config, log: desk.log, signal: desk.stop.signal };
  const { signal } = desk.stop;
  switch (order.command) {
    case 'cleanup':
      return cleanUp(desk);
    case 'psql': {
      const { runPsql } = await import('../jobs/psql.ts');
      await using factory = await openFactory(tools, BESIDE_OTHERS);
      desk.stop[Symbol.dispose](); // from here on Ctrl-C is psql's: it drops a line, and goes on
      return { exitCode: await runPsql(factory.address, order.args, process), text: '', json: null };
    }
    case 'db migrate': {
      const { migrateLedger } = await import('../jobs/migrations.ts');
      await using factory = await openFactory(tools, BESIDE_OTHERS);
      return await migrateLedger(factory);
    }
    case 'db rollback': {
      const { rollBackLedger } = await import('../jobs/migrations.ts');
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, exclusive: 'db-rollback' });
      return await rollBackLedger(factory, order);
    }
    case 'db status': {
      const { showMigrations } = await import('../jobs/migrations.ts');
      await using factory = await openFactory(tools, BESIDE_OTHERS);
      return await showMigrations(factory, desk.page);
    }
    case 'db dump': {
      const { showDump } = await import('../jobs/dump/dump-ledger.ts');
      await using factory = await openFactory(tools, BESIDE_OTHERS);
      return await showDump(
        { ...factory, version: desk.version, signal },
        { file: order.file, now: new Date(), stdout: process.stdout },
      );
    }
    case 'db restore': {
      const { showRestore } = await import('../jobs/dump/show-restore.ts');
      await using factory = await openFactory(tools, { ...BESIDE_OTHERS, exclusive: 'db-restore' });
      const { storageDir } = factory.config;
      return await showRestore({ ...factory, storageDir, signal }, { ...order, stdin: process.stdin });
    }
    case 'db upgrade':
      return upgradeEmbedded(desk, order.binaries);
  }
}

/** As JSON: `{ deleted, retentionDays }`. */
async function cleanUp({ loaded, log, stop: { signal } }: Desk): Promise<Answer> {
  const { deleteOldHistory } = await import('../jobs/cleanup.ts');
  const needs = { ...BESIDE_OTHERS, migrate: 'require' } as const;
  await using factory = await openFactory({ config: loaded.config, log, signal }, needs);
  const { connection, config } = factory;
  const retentionDays = config.historyRetentionDays;
  const deleted = await deleteOldHistory(connection, config, signal);
  signal.throwIfAborted();
  const text = `Deleted ${plural(deleted, 'heartbeat')} older than ${plural(retentionDays, 'day')}.`;
  return { exitCode: EXIT.ok, text, json: { deleted, retentionDays } };
}

async function upgradeEmbedded({ loaded, log, stop, version }: Desk, binaries: string | null): Promise<Answer> {
  const { dataDir, databaseUrl } = loaded.config;
  if (databaseUrl !== null) {
    const reason =
      'DATABASE_URL is set, so the PostgreSQL is yours to upgrade: "photo-factory db dump" before, "photo-factory db restore" after.';
    throw new FactoryError('USAGE', { reason });
  }
  const { upgradeLedger } = await import('../jobs/upgrade/upgrade-ledger.ts');
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  return upgradeLedger({ dataDir, binaries, migrations, version, now: new Date(), log, signal: stop.signal });
}
