import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { MACHINE } from '../support/machine.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'photo-factory-env-'));
  path = join(folder, '.env');
});

afterEach(() => rm(folder, { recursive: true }));

async function load(text: string, env: Record<string, string> = {}) {
  await writeFile(path, text);
  return loadConfig(env, { path, mustExist: false }, MACHINE);
}

it('beats the default and is beaten by the environment', async () => {
  const { config, origins } = await load('SETTLE_MS=1\nMAX_ATTEMPTS=2\n', { SETTLE_MS: '3' });
  expect([config.settleMs, origins.settleMs]).toEqual([3, 'environment']);
  expect([config.maxAttempts, origins.maxAttempts]).toEqual([2, path]);
});

it('is not hidden by an empty variable in the environment', async () => {
  expect((await load('SETTLE_MS=1', { SETTLE_MS: '' })).config.settleMs).toBe(1);
});

it('names folders relative to itself', async () => {
  expect((await load('LIBRARY_DIR=library')).config.inboxDir).toBe(join(folder, 'library/Photos_Inbox'));
});

it('may quote, comment, export and come from Windows', async () => {
  const text =
    '\uFEFFSETTLE_MS="7" # soon\r\n# a note\r\nexport MAX_ATTEMPTS=3\r\nLIBRARY_DIR=\'/mnt/My # Photos\'\r\n';
  const { config, warnings } = await load(text);
  expect([config.settleMs, config.maxAttempts, config.libraryDir, warnings]).toEqual([7, 3, '/mnt/My # Photos', []]);
});

it('warns about a name that is no setting, and says which was meant', async () => {
  const { warnings } = await load('PHOTO_INBOX=/in\nCOLOUR=blue\nPUID=1000\nPOSTGRES_PASSWORD=x\n');
  expect(warnings).toEqual([
    'COLOUR in .env is no setting',
    'PHOTO_INBOX in .env is no setting; did you mean PHOTOS_INBOX?',
  ]);
});

it('may be absent, unless a person named it', () => {
  expect(loadConfig({}, { path, mustExist: false }, MACHINE).envFile).toBeNull();
  expect(() => loadConfig({}, { path, mustExist: true }, MACHINE)).toThrow(path);
});

it('warns about each line that does nothing, by number, and never shows what stands there', async () => {
  const text = `SETTLE_MS 5
 # a note
hunter2
=5
MAX_ATTEMPTS=3
DATABASE_URL="postgres://a:hunter2@h/d
INGEST_MODE=copy
DUPLICATES='keep'
LOG_LEVEL="`;
  const { config, warnings } = await load(text, { DATABASE_URL: 'postgres://h/d' });
  expect([config.settleMs, config.maxAttempts, config.duplicates]).toEqual([2000, 3, 'remove']);
  expect(warnings).toEqual([
    'line 1 of .env is no NAME=value and is passed over',
    'line 3 of .env is no NAME=value and is passed over',
    'line 4 of .env is no NAME=value and is passed over',
    'line 6 of .env opens a quote " and does not close it',
  ]);
});

it.each([
  ['UTF-16, as an editor on Windows saves it', Buffer.from('\uFEFFSETTLE_MS=1\n', 'utf16le')],
  ['Latin-1', Buffer.from('LIBRARY_DIR=/fotos/Gr\xf6\xdfe\n', 'latin1')],
])('in %s is a mistake, not a file without settings', async (_, bytes) => {
  await writeFile(path, bytes);
  expect(() => loadConfig({}, { path, mustExist: false }, MACHINE)).toThrow('Save it as UTF-8');
});

it('that cannot be read is a mistake, never skipped', async () => {
  await mkdir(path);
  expect(() => loadConfig({}, { path, mustExist: false }, MACHINE)).toThrow('cannot be read');
});
