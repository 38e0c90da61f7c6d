import { execFile } from 'node:child_process';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GenericContainer } from 'testcontainers';
import { createTempFolder } from './temp-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMAGE = 'photo-factory-test';
const execute = promisify(execFile);

/** Nobody's account on this machine or in the image; who is not root cannot give files away and stays who they are. */
export const USER_ID = process.getuid?.() === 0 ? 4711 : (process.getuid?.() ?? 1000);
export const GROUP_ID = process.getuid?.() === 0 ? 4712 : (process.getgid?.() ?? 1000);

/** Builds the image from the Dockerfile; the engine's cache makes it quick the second time. */
export async function buildImage(): Promise<string> {
  await GenericContainer.fromDockerfile(ROOT).build(IMAGE, { deleteOnExit: false });
  return IMAGE;
}

/** The services of docker-compose.yml, on a temporary library, under a project name of their own. */
export type Compose = AsyncDisposable & {
  readonly libraryDir: string;
  readonly userId: number;
  readonly groupId: number;
  readonly run: (...args: readonly string[]) => Promise<string>;
  /** Starts a service and what it needs, and waits until they are healthy. */
  readonly up: (service: string) => Promise<void>;
  /** SIGKILL to the daemon; the engine starts it again. */
  readonly killDaemon: () => Promise<void>;
  readonly inLibrarian: (...command: readonly string[]) => Promise<{ exitCode: number; stdout: string }>;
  readonly inspect: (service: string) => Promise<unknown>;
  /** Asks the ledger, in the database's own container. */
  readonly ask: <Row>(query: string) => Promise<Row[]>;
};

export async function openCompose(): Promise<Compose> {
  await using opening = new AsyncDisposableStack();
  const temp = opening.use(await createTempFolder());
  const libraryDir = join(temp.path, 'library');
  for (const folder of [libraryDir, join(libraryDir, 'Photos_Inbox'), join(libraryDir, 'Storage')]) {
    await mkdir(folder);
    await chown(folder, USER_ID, GROUP_ID);
  }
  await chown(temp.path, USER_ID, GROUP_ID);
  const image = await buildImage();
  const files = { env: join(temp.path, '.env'), override: join(temp.path, 'override.yml') };
  const settings = {
    POSTGRES_PASSWORD: 'secret',
    LIBRARY_DIR: libraryDir,
    PUID: USER_ID,
    PGID: GROUP_ID,
    SETTLE_MS: 200,
  };
  await writeFile(
    files.env,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  // Only what cannot be the same here: the image that was just built, and where .env is.
  await writeFile(
    files.override,
    `services: { librarian: { image: ${image}, pull_policy: never, env_file: !override [${files.env}] } }\n`,
  );
  const project = temp.path.slice(temp.path.lastIndexOf('-') + 1).toLowerCase();
  const base = ['compose', '--project-name', `pf-${project}`, '--env-file', files.env];
  base.push('--file', join(ROOT, 'docker-compose.yml'), '--file', files.override);

  const run = async (...args: readonly string[]) => {
    const { stdout } = await execute('docker', [...base, ...args], { maxBuffer: 1 << 26 });
    return stdout;
  };
  opening.defer(async () => {
    await run('down', '--volumes', '--timeout', '5');
  });
  const up = async (service: string) => {
    await run('up', '--detach', '--no-build', '--wait', '--wait-timeout', '180', service);
  };
  const inLibrarian = async (...command: readonly string[]) => {
    try {
      return { exitCode: 0, stdout: await run('exec', '-T', 'librarian', ...command) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && 'stdout' in error)) throw error;
      return { exitCode: Number(error.code), stdout: String(error.stdout) };
    }
  };
  const stack = opening.move();
  return {
    libraryDir,
    userId: USER_ID,
    groupId: GROUP_ID,
    run,
    up,
    inLibrarian,
    killDaemon: async () => {
      // The image has no pkill; process 1 is the init, which no signal from within reaches.
      // The brackets keep the shell, whose own command line has these words, from finding itself.
      const find = 'for p in /proc/[0-9]*; do grep -qz "dist/mai[n][.]mjs" $p/cmdline && basename $p; done';
      const kill = `killed=; for pid in $(${find}); do kill -9 $pid && killed=1; done; [ "$killed" ] && echo killed`;
      const { stdout } = await inLibrarian('sh', '-c', kill);
      if (!stdout.includes('killed')) throw new Error('no daemon was there to be killed');
    },
    inspect: async (service) => {
      const id = (await run('ps', '--all', '--quiet', service)).trim();
      const { stdout } = await execute('docker', ['inspect', id]);
      return JSON.parse(stdout)[0];
    },
    ask: async (query) => {
      const json = `SELECT coalesce(json_agg(answer), '[]') FROM (${query}) AS answer`;
      return JSON.parse(
        await run('exec', '-T', 'database', 'psql', '-XAtq', '--username=photos', '-c', json, 'photos'),
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
