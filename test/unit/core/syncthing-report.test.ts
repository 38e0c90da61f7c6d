import { expect, test } from 'vitest';
import { decideSyncthingReport, type SyncthingFolder } from '../../../src/core/syncthing-report.ts';

const folder = {
  id: 'phone',
  label: 'Phone',
  path: '/inbox',
  type: 'receiveonly',
  ignoresDeletes: false,
  isPaused: false,
  state: 'idle',
  error: null,
  failedItems: 0,
  needItems: 0,
} as const;

function say(...changes: Partial<SyncthingFolder>[]): string {
  const folders = changes.map((change) => ({ ...folder, ...change }));
  const { status, currentTask } = decideSyncthingReport({ kind: 'answered', uptimeSeconds: 1, folders });
  return `${status} ${currentTask}`;
}

test('folders that are up to date, or on their way, are fine', () => {
  expect(say({})).toBe('OK Syncthing check: 1 folder up to date');
  expect(say({}, { state: 'syncing', needItems: 23 })).toBe('OK Syncthing check: 2 folders, 23 files still to come');
  expect(say({ needItems: 1 })).toBe('OK Syncthing check: 1 folder, 1 file still to come');
});

test('a folder in error is an error, with its reason', () => {
  expect(say({}, { state: 'error', error: 'folder path missing' })).toBe(
    'ERROR Syncthing check: folder Phone is in error: folder path missing',
  );
  expect(say({ state: 'error' })).toBe('ERROR Syncthing check: folder Phone is in error');
});

test('files that cannot be fetched and paused folders are warnings, all of them told', () => {
  expect(say({ failedItems: 1 }, { label: 'Tablet', isPaused: true, state: null })).toBe(
    'WARNING Syncthing check: folder Phone cannot fetch 1 file; folder Tablet is paused',
  );
});

test('sharing nothing is a warning: no photo will come', () => {
  expect(say()).toBe('WARNING Syncthing check: it shares no folder');
});

test('not answering is an error, not being let in a warning', () => {
  expect(decideSyncthingReport({ kind: 'unreachable', reason: 'no answer within 5 s' })).toEqual({
    status: 'ERROR',
    currentTask: 'Syncthing check: it does not answer: no answer within 5 s',
  });
  expect(decideSyncthingReport({ kind: 'locked', reason: 'set SYNCTHING_API_KEY' })).toEqual({
    status: 'WARNING',
    currentTask: 'Syncthing check: it runs, but its folders cannot be seen: set SYNCTHING_API_KEY',
  });
});
