import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runTimed, type Timed } from './timed.ts';

export const PROGRAM = join(import.meta.dirname, '../../bin/photo-factory');

/** What `ingest --json` prints, as far as it is looked at here. */
export type Summary = {
  readonly seen: number;
  readonly stored: number;
  readonly known: number;
  readonly failed: number;
  readonly seconds: number;
};

export type Library = {
  readonly root: string;
  readonly inbox: string;
  readonly originals: string;
  readonly env: NodeJS.ProcessEnv;
  /** Throws away all but the inbox, then makes database and tables: a first start that no round pays for. */
  readonly startAfresh: () => Promise<void>;
};

export type Ingested = Timed & { readonly summary: Summary };

/** A library of the benchmark's own on the embedded database, with the settings that a user has, but none to wait for. */
export function createLibrary(root: string, env: Readonly<Record<string, string>> = {}): Library {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const inbox = env['PHOTOS_INBOX'] ?? join(root, 'Photos_Inbox');
  const library = {
    root,
    inbox,
    originals: join(root, 'Storage/Originals'),
    env: { ...inherited, LIBRARY_DIR: root, SETTLE_MS: '0', STAGES: 'none', ...env },
  };
  return {
    ...library,
    startAfresh: async () => {
      for (const part of ['Storage', 'data']) await rm(join(root, part), { recursive: true, force: true });
      await mkdir(inbox, { recursive: true });
      await mustRun([PROGRAM, '--env-file', '/dev/null', 'db', 'migrate'], { env: library.env });
    },
  };
}

/**
 * Files what is in the inbox, by the command that a user types.
 *
 * @param around a program that runs it, as `strace …` does
 * @throws when it ends with anything but 0 or 3 (files that are no photos)
 */
export async function ingest(
  { env }: Pick<Library, 'env'>,
  {
    around = [],
    ...options
  }: { around?: readonly string[]; env?: NodeJS.ProcessEnv; onStart?: (pid: number) => void } = {},
): Promise<Ingested> {
  const [program = PROGRAM, ...args] = [...around, PROGRAM, '--env-file', '/dev/null', 'ingest', '--json'];
  const timed = await runTimed([program, ...args], { ...options, env: { ...env, ...options.env } });
  if (timed.exitCode !== 0 && timed.exitCode !== 3)
    throw new Error(`ingest ended with ${timed.exitCode}:\n${timed.lastWords}`);
  return { ...timed, summary: JSON.parse(timed.stdout) };
}
