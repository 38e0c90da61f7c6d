import { expect, test } from 'vitest';
import { decideLibrarianStatus, type LibrarianFacts } from '../../../src/core/librarian-status.ts';

const watching = {
  state: 'watching',
  inWork: 0,
  waiting: 0,
  filedThisRun: 0,
  failing: 0,
  findings: 0,
  lastProgressAgeMs: null,
  watcher: 'watching',
  inboxProblem: null,
  pausedBecause: null,
  storageProblem: null,
} as const;

function say(facts: Partial<LibrarianFacts>): string {
  const { status, currentTask } = decideLibrarianStatus({ ...watching, ...facts });
  return `${status} ${currentTask}`;
}

const TEN_MINUTES_MS = 600_000;

test('a librarian with nothing to do watches, whether or not it polls as it was told to', () => {
  expect(say({})).toBe('OK Watching Photos_Inbox');
  expect(say({ watcher: 'polling' })).toBe('OK Watching Photos_Inbox');
  expect(say({ lastProgressAgeMs: 10 * TEN_MINUTES_MS })).toBe('OK Watching Photos_Inbox');
});

test('work is told with how much is done', () => {
  const filing = { state: 'filing', inWork: 3, filedThisRun: 120 } as const;
  expect(say(filing)).toBe('OK Filing photos: 3 in work, 120 filed in this run');
  expect(say({ ...filing, waiting: 7 })).toBe('OK Filing photos: 3 in work, 7 waiting, 120 filed in this run');
});

test('starting and stopping are not faults', () => {
  expect(say({ state: 'starting' })).toBe('OK Starting');
  expect(say({ state: 'stopping' })).toBe('OK Stopping');
  expect(say({ state: 'stopping', inWork: 2, failing: 1 })).toBe('OK Stopping: 2 still in work');
});

test('alive is not well: no file finished for more than ten minutes with work at hand is a warning', () => {
  const filing = { state: 'filing', inWork: 1, filedThisRun: 5 } as const;
  expect(say({ ...filing, lastProgressAgeMs: TEN_MINUTES_MS })).toMatch(/^OK /);
  expect(say({ ...filing, lastProgressAgeMs: TEN_MINUTES_MS + 1 })).toBe(
    'WARNING Filing photos: 1 in work, 5 filed in this run; stuck? No file was finished for 10 minutes',
  );
  expect(say({ waiting: 1, lastProgressAgeMs: 3 * TEN_MINUTES_MS })).toMatch(/^WARNING .*30 minutes$/);
});

test('files that need a look and a watcher that no longer watches are warnings, each in words', () => {
  expect(say({ failing: 1 })).toBe('WARNING Watching Photos_Inbox; 1 file needs a look: photo-factory status');
  expect(say({ failing: 2, watcher: 'degraded' })).toBe(
    'WARNING Watching Photos_Inbox; 2 files need a look: photo-factory status; the inbox cannot be watched, so new files are found by walking it only',
  );
});

test('when nothing can be filed that is an error, and it hides every lesser trouble', () => {
  expect(say({ failing: 2, pausedBecause: 'the database is away' })).toBe('ERROR Paused: the database is away');
  expect(say({ state: 'paused' })).toMatch(/^ERROR Paused/);
  expect(say({ state: 'paused', pausedBecause: 'x', storageProblem: 'The storage is full.' })).toBe(
    'ERROR The storage is full.',
  );
  expect(say({ state: 'stopping', storageProblem: 'The storage is full.' })).toBe('ERROR The storage is full.');
});

test('findings about originals are told until somebody settles them', () => {
  expect(say({ findings: 1 })).toBe('WARNING Watching Photos_Inbox; 1 finding about originals: photo-factory verify');
  expect(say({ findings: 2 })).toContain('2 findings about originals');
});
