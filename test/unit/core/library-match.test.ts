import { expect, it } from 'vitest';
import { decideLibraryMatch, decideTakeOver } from '../../../src/core/library-match.ts';

const OURS = '11111111-1111-4111-8111-111111111111';
const marker = (id: string) => ({ id, created: '2026-01-01T00:00:00Z' });

it('marks a new storage for a new ledger', () => {
  expect(decideLibraryMatch({ ledgerId: OURS, ledgerIsEmpty: true, marker: null }).kind).toBe('create-marker');
});

it.each([true, false])('finds that the two belong together (ledger empty: %s)', (ledgerIsEmpty) => {
  expect(decideLibraryMatch({ ledgerId: OURS.toUpperCase(), ledgerIsEmpty, marker: marker(OURS) }).kind).toBe(
    'matches',
  );
});

it('takes a storage without marker for an unmounted disk when the ledger has photos', () => {
  const match = decideLibraryMatch({ ledgerId: OURS, ledgerIsEmpty: false, marker: null });
  expect(match).toMatchObject({ kind: 'mismatch', advice: expect.stringContaining('not mounted') });
});

it.each([
  [true, 'Use the database'],
  [true, 'photo-factory rebuild'],
  [false, 'Set STORAGE_DIR'],
])('never takes the storage of another library over (ledger empty: %s)', (ledgerIsEmpty, advice) => {
  const match = decideLibraryMatch({
    ledgerId: OURS,
    ledgerIsEmpty,
    marker: marker('22222222-2222-4222-8222-222222222222'),
  });
  expect(match).toMatchObject({ kind: 'mismatch', advice: expect.stringContaining(advice) });
});

it('lets a new ledger, and no other, become that of a storage whose ledger is lost', () => {
  const theirs = marker('22222222-2222-4222-8222-222222222222');
  expect(decideTakeOver({ ledgerId: OURS, ledgerIsEmpty: true, marker: theirs })).toEqual({ id: theirs.id });
  expect(decideTakeOver({ ledgerId: OURS, ledgerIsEmpty: false, marker: theirs })).toBeNull();
  expect(decideTakeOver({ ledgerId: OURS, ledgerIsEmpty: true, marker: null })).toBeNull();
});
