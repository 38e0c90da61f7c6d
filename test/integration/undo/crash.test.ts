import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { openChance } from '../../support/crash/chance.ts';
import { runCommand } from '../../support/daemon.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { filesBelow, jpeg, sha256, snapshot } from '../../support/ingest-rig.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

/**
 * The real program is killed (SIGKILL) at a moment before or after a call of `undo` to disk or database. CRASH_UNDO=all
 * tries every moment, CRASH_UNDO=37 that one; otherwise one of each case is tried, by chance (CRASH_SEED repeats it).
 */
const { CRASH_UNDO } = process.env;
const chance = openChance();
/** Folders of calls that run side by side are synced once or twice: so many of the last moments may not come. */
const MOST_UNMET = 4;
const PRELOAD = join(import.meta.dirname, '../../support/interpose/preload.ts');

const CASES = [
  ['move, same volume', { DUPLICATES: 'remove' }],
  ['duplicates set aside', { DUPLICATES: 'set-aside' }],
  ['duplicates kept', { DUPLICATES: 'keep' }],
  ['copy mode', { INGEST_MODE: 'copy' }],
  ['storage on another volume', { DUPLICATES: 'remove', STORAGE_DIR: `/dev/shm/pf-undo-crash-${process.pid}` }],
] as const;

const PHOTOS = { 'a.jpg': 'one', 'DCIM/b.jpg': 'two', 'DCIM/again.jpg': 'one' } as const;
const CONTENTS = [...new Set(Object.values(PHOTOS))].map((text) => sha256(jpeg(text))).sort();

beforeAll(() => console.log(`the moments of this slice: CRASH_SEED=${chance.seed}`));

describe.each(CASES)('undo that is killed: %s', (_, settings) => {
  it('keeps every photo whole at every moment, and a second one ends as if nothing had happened (I1, I2, I4, I6)', async () => {
    await using stage = await setStage(settings);
    const moments = await stage.countMoments();
    expect(moments.length).toBeGreaterThan(20);
    const unmet: number[] = [];
    const tried = choose(moments);
    for (const at of tried) {
      await stage.reset();
      const what = `killed at ${at}: ${moments[at - 1]}`;
      const killed = await stage.undo({ INTERPOSE_AT: String(at), INTERPOSE_DO: 'kill' });
      // It died, or the moment is one of the last, and did not come this time.
      if (killed.code === 0) unmet.push(at);
      else expect(killed, what).toMatchObject({ code: null, signal: 'SIGKILL' });
      await stage.requireWhole(what);
      if (at % 2 === 0) await stage.requireIngestFilesNothing(what);
      const { stderr } = await stage.undo();
      expect(await stage.findLeft(), `${what}\n${stderr}`).toEqual([]);
      expect(await snapshot(stage.inbox), what).toEqual(stage.before);
    }
    console.log(`killed at ${tried.length - unmet.length} of ${moments.length} moments; not met: ${unmet.join(', ')}`);
    expect(unmet.filter((at) => at <= moments.length - MOST_UNMET)).toEqual([]);
  }, 3_600_000);
});

function choose({ length }: readonly string[]): number[] {
  if (CRASH_UNDO === 'all') return Array.from({ length }, (__, index) => index + 1);
  return [Number(CRASH_UNDO ?? 1 + chance.below(length))];
}

async function setStage(settings: Readonly<Record<string, string>>) {
  await using opening = new AsyncDisposableStack();
  const temp = opening.use(await createTempFolder());
  const filed = opening.use(await createTestDatabase());
  const library = join(temp.path, 'library');
  const inbox = join(library, 'Photos_Inbox');
  const storage = 'STORAGE_DIR' in settings ? String(settings['STORAGE_DIR']) : join(library, 'Storage');
  opening.defer(() => rm(storage, { recursive: true, force: true }));
  const trace = join(temp.path, 'trace');
  let now: TestDatabase | null = null;
  opening.defer(async () => now?.[Symbol.asyncDispose]());

  const run = (args: readonly string[], database: TestDatabase, more: Record<string, string> = {}) => {
    const url = new URL(database.address.url);
    if (database.address.socketDir !== null) url.hostname = '127.0.0.1';
    const base = { LIBRARY_DIR: library, DATABASE_URL: url.href, SETTLE_MS: '0', DEFAULT_TIME_ZONE: 'UTC' };
    return runCommand(['--env-file', '/dev/null', ...args], { ...process.env, ...base, ...settings, ...more });
  };
  for (const [name, text] of Object.entries(PHOTOS)) {
    const path = join(inbox, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, jpeg(text));
    await utimes(path, 1_700_000_000.123, 1_700_000_000.123);
  }
  const before = await snapshot(inbox);
  const { code } = await run(['ingest'], filed);
  expect(code).toBe(0);
  const stayed = await filesBelow(inbox);
  const kept = join(temp.path, 'storage.filed');
  await execute('cp', ['-a', storage, kept]);

  const reset = async () => {
    await now?.[Symbol.asyncDispose]();
    now = await createTestDatabase({ copyOf: filed.address });
    await rm(storage, { recursive: true, force: true });
    await execute('cp', ['-a', kept, storage]);
    // Files that stayed must stay: copy mode knows them by their inodes.
    for (const name of await filesBelow(inbox)) if (!stayed.includes(name)) await rm(join(inbox, name));
    await rm(trace, { force: true });
  };
  const database = () => {
    if (now === null) throw new Error('nothing was reset');
    return now;
  };
  const undo = async (interpose: Record<string, string> = {}) => {
    const { INTERPOSE_DO } = interpose;
    const preload = INTERPOSE_DO === undefined ? {} : { NODE_OPTIONS: `--import=${PRELOAD}` };
    const roots = { INTERPOSE_ROOTS: `${inbox}:${storage}`, INTERPOSE_TRACE: trace, INTERPOSE_CALLS: 'changing' };
    return run(['undo', 'last'], database(), { ...preload, ...roots, ...interpose });
  };
  const stack = opening.move();
  return {
    inbox,
    before,
    reset,
    undo,
    /** What each moment of a whole run is. */
    countMoments: async (): Promise<string[]> => {
      await reset();
      const { stderr } = await undo({ INTERPOSE_DO: 'nothing' });
      expect(await snapshot(inbox), stderr).toEqual(before);
      return (await readFile(trace, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^\d+\t/, ''));
    },
    /** Every content is whole in the inbox or below Originals; every row has its file; no final name has half a file. */
    requireWhole: async (what: string) => {
      const lying = [inbox, join(storage, 'Originals'), join(storage, 'Duplicates')];
      const found = (await Promise.all(lying.map(snapshot))).flatMap((files) =>
        Object.entries(files).filter(([name]) => !/(^|\/)\.pf-/.test(name)),
      );
      expect([...new Set(found.map(([, file]) => file.sha256))].sort(), what).toEqual(CONTENTS);
      for (const { final_path, file_hash } of await database().sql`SELECT final_path, file_hash FROM media_assets`)
        expect(sha256(await readFile(String(final_path))), `${what}: ${final_path}`).toBe(file_hash);
    },
    /** Whatever is not yet in the inbox is stored, and what is there is held: nothing is filed twice. */
    requireIngestFilesNothing: async (what: string) => {
      const { stdout } = await run(['ingest', '--json'], database());
      expect(JSON.parse(stdout), what).toMatchObject({ stored: 0, duplicates: 0, failed: 0 });
      expect(await database().sql`SELECT FROM inbox_arrivals`, what).toHaveLength(Object.keys(PHOTOS).length);
    },
    /** What is left anywhere of files that went back, and of the way there. */
    findLeft: async (): Promise<readonly unknown[]> => {
      const { sql } = database();
      const open = await sql`SELECT path FROM inbox_arrivals WHERE held_at IS NULL OR undo_pending_path IS NOT NULL`;
      const files = (await filesBelow(storage)).filter((name) => name !== '.photo-factory-library');
      return [...files, ...open, ...(await sql`SELECT final_path FROM media_assets`)];
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const execute = promisify(execFile);
