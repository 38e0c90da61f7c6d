import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { connect, type DatabaseAddress } from '../../src/ledger/connect.ts';
import { openEmbeddedPostgres } from '../../src/ledger/embedded/open-embedded-postgres.ts';
import { migrateUp } from '../../src/ledger/migrate.ts';
import { MIGRATIONS_FOLDER, readMigrations } from '../../src/ledger/migrations.ts';
import { openLog } from '../../src/log.ts';
import { asAdmin, atDatabase, type TestServer } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/**
 * One PostgreSQL for the whole run: the server at `TEST_DATABASE_URL` (as a superuser), else an embedded one in a
 * temporary folder. Every test database is a copy of one migrated template.
 */
export function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideServer(project, openServer);
}

/** @param open finds or starts the server, and leaves to the stack what is to be undone in the end */
export async function provideServer(
  project: TestProject,
  open: (stack: AsyncDisposableStack) => Promise<DatabaseAddress>,
): Promise<() => Promise<void>> {
  await using stack = new AsyncDisposableStack();
  const address = await open(stack);
  const template = `pf_template_${randomBytes(6).toString('hex')}`;
  await createTemplate(stack, address, template);
  project.provide('testServer', { ...address, template });

  const untilTeardown = stack.move();
  return () => untilTeardown.disposeAsync();
}

async function openServer(stack: AsyncDisposableStack): Promise<DatabaseAddress> {
  const { TEST_DATABASE_URL: url = '' } = process.env;
  if (url !== '') return { url, socketDir: null };
  const folder = await mkdtemp(join(tmpdir(), 'pf-test-server-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const log = openLog({ logLevel: 'warn', logPretty: false });
  return stack.use(await openEmbeddedPostgres({ dataDir: join(folder, 'data'), log })).address;
}

/** Makes a migrated database that tests' own are copied from; it goes with the stack. */
export async function createTemplate(
  stack: AsyncDisposableStack,
  server: DatabaseAddress,
  name: string,
): Promise<void> {
  await asAdmin(server, (sql) => sql`CREATE DATABASE ${sql(name)}`);
  stack.defer(() => asAdmin(server, (sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`));
  await using template = connect(atDatabase(server, name), { max: 1, applicationName: 'photo-factory tests' });
  await migrateUp(template, await readMigrations(MIGRATIONS_FOLDER));
}
