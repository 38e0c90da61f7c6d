import { describe, expect, it } from 'vitest';
import { isWithin, loadConfig, SETTINGS } from '../../src/config.ts';
import { FactoryError } from '../../src/errors.ts';
import { MACHINE } from '../support/machine.ts';

const load = (env: Record<string, string>, machine = MACHINE) => loadConfig(env, null, machine);

function refusal(env: Record<string, string>, machine = MACHINE): FactoryError {
  try {
    load(env, machine);
  } catch (error) {
    if (error instanceof FactoryError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('folders', () => {
  it('lie below the home folder without any setting', () => {
    const { config, origins } = load({});
    expect(config.inboxDir).toBe('/home/ada/PhotoFactory/Photos_Inbox');
    expect(config.storageDir).toBe('/home/ada/PhotoFactory/Storage');
    expect(config.dataDir).toBe('/home/ada/PhotoFactory/data');
    expect(origins.inboxDir).toBe('default');
  });

  it('follow LIBRARY_DIR, but for the one that is set on its own', () => {
    const { config, origins } = load({ LIBRARY_DIR: '/mnt/photos', DATA_DIR: '/var/lib/photos' });
    expect(config.inboxDir).toBe('/mnt/photos/Photos_Inbox');
    expect(config.dataDir).toBe('/var/lib/photos');
    expect(origins.dataDir).toBe('environment');
  });

  it.each([
    ['~', '/home/ada'],
    ['~/Photos', '/home/ada/Photos'],
    ['photos/../album', '/work/here/album'],
    ['/mnt/a//b/', '/mnt/a/b'],
  ])('takes %s as %s', (given, meant) => {
    expect(load({ LIBRARY_DIR: given }).config.libraryDir).toBe(meant);
  });

  it.each(['$HOME/Photos', '~eve/Photos', '/mnt/\0', `/${'a'.repeat(2000)}`])('refuses %j', (given) => {
    expect(refusal({ LIBRARY_DIR: given }).message).toContain('LIBRARY_DIR');
  });

  it.each([
    { PHOTOS_INBOX: '/p', STORAGE_DIR: '/p' },
    { PHOTOS_INBOX: '/p', STORAGE_DIR: '/p/Storage' },
    { STORAGE_DIR: '/p', DATA_DIR: '/p/data' },
    { PHOTOS_INBOX: '/p/data/in', DATA_DIR: '/p/data' },
    { STORAGE_DIR: '/' },
  ])('refuses folders inside each other: %j', (env) => {
    expect(refusal(env).message).toContain('must not lie inside each other');
  });

  it('takes folders whose names only begin alike', () => {
    expect(load({ PHOTOS_INBOX: '/p/in', STORAGE_DIR: '/p/in-storage' }).config.storageDir).toBe('/p/in-storage');
  });

  it('asks for LIBRARY_DIR when the account has no home', () => {
    const homeless = { ...MACHINE, homeDir: null };
    expect(refusal({}, homeless).message).toContain('LIBRARY_DIR must be set');
    expect(refusal({ LIBRARY_DIR: '~/x' }, homeless).message).toContain('no home folder');
    expect(load({ LIBRARY_DIR: '/srv' }, homeless).config.inboxDir).toBe('/srv/Photos_Inbox');
  });
});

describe('values', () => {
  it('takes an empty or blank value as none', () => {
    const { config, origins } = load({ SETTLE_MS: '', DUPLICATES: '  ' });
    expect([config.settleMs, config.duplicates, origins.settleMs]).toEqual([2000, 'remove', 'default']);
  });

  it.each([
    ['SETTLE_MS', '0'],
    ['SETTLE_MS', '3600000'],
    ['INGEST_CONCURRENCY', '64'],
    ['HISTORY_RETENTION_DAYS', '36500'],
  ])('takes a bound: %s=%s', (env, value) => {
    expect(() => load({ [env]: value })).not.toThrow();
  });

  it.each([
    ['SETTLE_MS', '-1'],
    ['SETTLE_MS', '3600001'],
    ['SETTLE_MS', '2s'],
    ['SETTLE_MS', '1.5'],
    ['SETTLE_MS', '1e3'],
    ['SETTLE_MS', '99999999999999999999'],
    ['INGEST_CONCURRENCY', '0'],
    ['INGEST_MODE', 'link'],
    ['INBOX_POLLING', 'perhaps'],
    ['DEFAULT_TIME_ZONE', 'Europe/Atlantis'],
    ['DEFAULT_TIME_ZONE', '+02:00'],
    ['DATABASE_URL', 'mysql://host/db'],
    ['DATABASE_URL', 'postgres://host'],
    ['SYNCTHING_URL', 'localhost:8384'],
    ['SYNCTHING_API_KEY', 'two words'],
  ])('refuses %s=%s once, by name', (env, value) => {
    const { message, exitCode } = refusal({ [env]: value });
    expect(message.split(env)).toHaveLength(2);
    expect(exitCode).toBe(2);
  });

  it('takes words in any case', () => {
    const { config } = load({ INGEST_MODE: 'Copy', INBOX_POLLING: 'YES' });
    expect([config.ingestMode, config.inboxPolling]).toEqual(['copy', true]);
  });

  it('reports every mistake at once', () => {
    const { message } = refusal({ SETTLE_MS: 'soon', DUPLICATES: 'burn', INGEST_MODE: 'steal' });
    expect(message).toContain('3 settings are wrong');
    for (const name of ['SETTLE_MS', 'DUPLICATES', 'INGEST_MODE']) expect(message).toContain(name);
  });

  it('never repeats a secret that it refuses', () => {
    const { message } = refusal({ DATABASE_URL: 'mysql://ada:hunter2@host/db', SYNCTHING_API_KEY: 'hunter2 x' });
    expect(message).not.toContain('hunter2');
  });
});

it('shows a default for every setting that its own form would take', () => {
  for (const entry of Object.values(SETTINGS)) {
    expect(entry.doc).toMatch(/\.$/);
    expect(entry.shown).not.toBe('');
    expect(entry.env).toMatch(/^[A-Z_]+$/);
  }
});

it.each([
  ['/a', '/a', true],
  ['/a', '/a/b', true],
  ['/', '/a', true],
  ['/a', '/ab', false],
  ['/a', '/', false],
  ['/a', '/a/..b', true],
])('isWithin(%s, %s) is %s', (parent, child, expected) => {
  expect(isWithin(parent, child)).toBe(expected);
});
