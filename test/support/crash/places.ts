import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '../../../src/ledger/embedded/open-embedded-postgres.ts';
import { openLog } from '../../../src/log.ts';
import { createTestDatabase } from '../database.ts';
import { createTemplate } from '../global-setup.ts';
import type { EmbeddedPlace } from './play-embedded.ts';
import type { OutagePlace } from './play-outage.ts';
import { openStage, type Stage } from './stage.ts';
import { openVolumes } from './volumes.ts';

/** Where plays go on side by side, each on a stage of its own. */
export type Places<Place> = AsyncDisposable & { readonly all: readonly Place[] };

/** Stages on databases of the server that all tests share. */
export async function openPlaces(count: number, { exfat }: { exfat: boolean }): Promise<Places<Stage>> {
  await using opening = new AsyncDisposableStack();
  const tools = await openTools(opening, exfat);
  const all: Stage[] = [];
  for (let n = 0; n < count; n += 1)
    all.push(opening.use(await openStage(opening.use(await createTestDatabase()), tools)));
  const stack = opening.move();
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Places each with a server of its own, which may be killed and is started again by itself. */
export async function openOutagePlaces(count: number): Promise<Places<OutagePlace>> {
  await using opening = new AsyncDisposableStack();
  const tools = await openTools(opening, false);
  const all: OutagePlace[] = [];
  for (let n = 0; n < count; n += 1) {
    const dataDir = await makeFolder(opening, 'pf-crash-server-');
    const log = openLog({ logLevel: 'fatal', logPretty: false });
    const server = opening.use(await openEmbeddedPostgres({ dataDir, log }));
    const template = 'crash_template';
    await createTemplate(opening, server.address, template);
    const database = opening.use(await createTestDatabase({ server: { ...server.address, template } }));
    all.push({ ...tools, address: database.address, cluster: join(dataDir, 'postgres', '18') });
  }
  const stack = opening.move();
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Data folders for the program's own PostgreSQL. */
export async function openEmbeddedPlaces(count: number): Promise<Places<EmbeddedPlace>> {
  await using opening = new AsyncDisposableStack();
  const tools = await openTools(opening, false);
  const all: EmbeddedPlace[] = [];
  for (let n = 0; n < count; n += 1) all.push({ ...tools, dataDir: await makeFolder(opening, 'pf-crash-data-') });
  const stack = opening.move();
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function openTools(opening: AsyncDisposableStack, exfat: boolean) {
  const volumes = opening.use(await openVolumes({ exfat }));
  return { volumes, compileCache: await makeFolder(opening, 'pf-crash-cache-') };
}

async function makeFolder(opening: AsyncDisposableStack, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
