import { chown, copyFile, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { beforeAll, expect, it } from 'vitest';
import { buildImage, GROUP_ID, USER_ID } from '../support/compose.ts';
import { filesBelow, inodeOf } from '../support/ingest-rig.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const PHOTO = join(import.meta.dirname, '../fixtures/photos/exif-gps.jpg');
const HEIC = join(import.meta.dirname, '../fixtures/heic/tiny.heic');
const READY = 'Drop photos';

/** The image as docker-compose.yml runs it: read-only, without capabilities, as the user who owns the library. */
class Librarian extends GenericContainer {
  constructor(network: StartedNetwork, libraryDir: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.withUser(`${USER_ID}:${GROUP_ID}`)
      .withDroppedCapabilities('ALL')
      .withSecurityOpt('no-new-privileges')
      .withTmpFs({ '/tmp': 'rw' })
      .withBindMounts([{ source: libraryDir, target: '/library' }])
      .withNetwork(network)
      .withEnvironment({ DATABASE_URL: 'postgres://test:test@database:5432/test', SETTLE_MS: '500' });
  }
}

let image: string;

beforeAll(async () => {
  image = await buildImage();
}, 600_000);

async function openStage() {
  await using opening = new AsyncDisposableStack();
  const network = opening.use(await new Network().start());
  opening.use(await new PostgreSqlContainer('postgres:17').withNetwork(network).withNetworkAliases('database').start());
  const library = opening.use(await createTempFolder());
  await chown(library.path, USER_ID, GROUP_ID);
  const stack = opening.move();
  return { network, libraryDir: library.path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

it('files a photo by a link, as any user, on a read-only root file system, and is healthy', async () => {
  await using stage = await openStage();
  await using librarian = await new Librarian(stage.network, stage.libraryDir)
    .withWaitStrategy(Wait.forAll([Wait.forLogMessage(READY), Wait.forHealthCheck()]))
    .withStartupTimeout(180_000)
    .start();
  const arriving = join(stage.libraryDir, 'arriving.jpg');
  await copyFile(PHOTO, arriving);
  await chown(arriving, USER_ID, GROUP_ID);
  const inode = await inodeOf(arriving);
  await rename(arriving, join(stage.libraryDir, 'Photos_Inbox/IMG_0001.jpg'));

  const inbox = join(stage.libraryDir, 'Photos_Inbox');
  while ((await filesBelow(inbox)).length > 0) await sleep(100);
  const stored = join(stage.libraryDir, 'Storage/Originals/2019/2019-04-16/IMG_0001.jpg');
  expect(await inodeOf(stored)).toBe(inode);

  const recorded = await librarian.exec(['photo-factory', 'psql', '-Atc', 'SELECT final_path FROM media_assets']);
  expect(recorded.stdout, recorded.stderr).toBe('/library/Storage/Originals/2019/2019-04-16/IMG_0001.jpg\n');
});

it('files by copying from an inbox that is mounted read-only, and never touches it', async () => {
  await using stage = await openStage();
  const inbox = join(stage.libraryDir, 'Photos_Inbox');
  await mkdir(inbox);
  await copyFile(PHOTO, join(inbox, 'IMG_0001.jpg'));
  const before = await lstat(join(inbox, 'IMG_0001.jpg'), { bigint: true });
  const recorded = await runToEnd(
    new Librarian(stage.network, stage.libraryDir)
      .withBindMounts([
        { source: stage.libraryDir, target: '/library' },
        { source: inbox, target: '/library/Photos_Inbox', mode: 'ro' },
      ])
      .withEnvironment({ INGEST_MODE: 'copy' })
      .withCommand(['ingest', '--json']),
  );
  expect(JSON.parse(recorded)).toMatchObject({ seen: 1, stored: 1 });
  const after = await lstat(join(inbox, 'IMG_0001.jpg'), { bigint: true });
  expect([after.ctimeNs, after.mtimeNs, after.nlink]).toEqual([before.ctimeNs, before.mtimeNs, 1n]);
  expect(await filesBelow(inbox)).toEqual(['IMG_0001.jpg']);
});

it('shows what takes more than JavaScript to decode: a HEIC, and a frame of a film', async () => {
  await using stage = await openStage();
  await using librarian = await new Librarian(stage.network, stage.libraryDir)
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start();
  const film = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=320x240:rate=10', '-y', '/library/film.mp4'];
  const made = await librarian.exec(['ffmpeg', '-v', 'error', ...film]);
  expect(made.exitCode, made.output).toBe(0);
  const arriving = join(stage.libraryDir, 'photo.heic');
  await copyFile(HEIC, arriving);
  await chown(arriving, USER_ID, GROUP_ID);
  for (const name of ['photo.heic', 'film.mp4'])
    await rename(join(stage.libraryDir, name), join(stage.libraryDir, 'Photos_Inbox', name));

  const ask = async (query: string) => (await librarian.exec(['photo-factory', 'psql', '-Atc', query])).stdout;
  while ((await ask('SELECT count(*) FROM media_assets WHERE is_thumbnailed OR has_errors')) !== '2\n')
    await sleep(500);
  const shown = await ask(
    'SELECT original_name, decoder, width > 0 FROM media_assets JOIN asset_thumbnails ON asset_id = id ORDER BY 1',
  );
  expect(shown).toBe('film.mp4|video|t\nphoto.heic|heif|t\n');
  expect(await filesBelow(join(stage.libraryDir, 'Storage/Thumbnails'))).toHaveLength(4);
});

it('shares what is to be done after filing with workers on other hosts, who have the storage mounted', async () => {
  await using stage = await openStage();
  await using librarian = await new Librarian(stage.network, stage.libraryDir)
    .withEnvironment({ STAGES: 'none' })
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start();
  const ask = async (query: string) => (await librarian.exec(['photo-factory', 'psql', '-Atc', query])).stdout;
  await using _first = await workerOn(stage, 'first-host').start();
  await using second = await workerOn(stage, 'second-host').start();
  while ((await ask("SELECT count(*) FROM system_status WHERE service_name LIKE 'worker %'")) !== '2\n')
    await sleep(500);
  const film = ['-f', 'lavfi', '-i', 'testsrc=duration=60:size=640x480:rate=1', '-y', '/library/frame-%02d.jpg'];
  const made = await librarian.exec(['ffmpeg', '-v', 'error', ...film]);
  expect(made.exitCode, made.output).toBe(0);
  const frames = (await readdir(stage.libraryDir)).filter((name) => name.startsWith('frame-'));
  for (const name of frames) await rename(join(stage.libraryDir, name), join(stage.libraryDir, 'Photos_Inbox', name));
  await endOf(second, 'SIGKILL'); // whatever it has in work
  while ((await ask('SELECT count(*) FROM media_assets WHERE is_thumbnailed')) !== '60\n') await sleep(500);
  expect(await ask('SELECT count(*) FROM asset_thumbnails')).toBe('60\n');
  expect(await filesBelow(join(stage.libraryDir, 'Storage/Thumbnails'))).toHaveLength(120);
  expect(await ask("SELECT service_name FROM system_status WHERE service_name LIKE 'worker first-host:%'")).toMatch(
    /^worker/,
  );
});

function workerOn({ network, libraryDir }: { network: StartedNetwork; libraryDir: string }, host: string) {
  return new Librarian(network, libraryDir).withHostname(host).withCommand(['work']);
}

it('ends with 0 when SIGTERM reaches it as process 1', async () => {
  await using stage = await openStage();
  await using librarian = await new Librarian(stage.network, stage.libraryDir)
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start();
  expect(await endOf(librarian, 'SIGTERM')).toMatchObject({ Running: false, ExitCode: 0 });
});

// Only root can make a folder that belongs to somebody else.
it.runIf(process.getuid?.() === 0)('says whose folder it cannot use, and the command that mends it', async () => {
  await using stage = await openStage();
  await mkdir(join(stage.libraryDir, 'Photos_Inbox'), { mode: 0o755 });
  await using librarian = await new Librarian(stage.network, stage.libraryDir)
    .withWaitStrategy(Wait.forLogMessage(`sudo chown -R ${USER_ID} /library/Photos_Inbox`))
    .start();
  expect(await endOf(librarian)).toMatchObject({ ExitCode: 12 });
});

async function endOf(librarian: StartedTestContainer, signal: string | null = null) {
  const { container } = await getContainerRuntimeClient();
  const running = container.getById(librarian.getId());
  if (signal !== null) await running.kill({ signal });
  await running.wait();
  return (await running.inspect()).State;
}

/** Runs a container to its end and returns what it wrote to standard output. */
async function runToEnd(container: GenericContainer): Promise<string> {
  let output = '';
  await using started = await container
    .withWaitStrategy(Wait.forOneShotStartup())
    .withLogConsumer((stream) =>
      stream.on('data', (line: Buffer | string) => {
        if (String(line).startsWith('{"run"')) output += line;
      }),
    )
    .start();
  await endOf(started);
  return output;
}
